# shellcheck shell=bash
#
# Rust with clippy, rustfmt and the standard library for Wasm: by rustup, or where that cannot download by the
# distribution's packages, whose standard library for Wasm is then built from its sources.

DEBIAN_RUST="rustc-web cargo-web rust-web-src rust-web-clippy rustfmt-web lld-$LLD_VERSION"
WASM=wasm32-unknown-unknown

# Whether the Rust on PATH is new enough and builds a Wasm, which only a complete one does. Never installs anything.
rust_works() (
  probe=$(mktemp -d)
  trap 'rm -rf "$probe"' EXIT
  linker=${CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER:-}
  at_least "$(as_is rustc --version | cut -d ' ' -f 2)" "$RUST_VERSION" || return 1
  { as_is cargo fmt --version && as_is cargo clippy --version; } >/dev/null || return 1
  echo 'pub fn probe() -> String { std::hint::black_box(1).to_string() }' |
    as_is rustc --edition 2024 --crate-name probe --crate-type cdylib --target $WASM ${linker:+-C "linker=$linker"} \
      -o "$probe/probe.wasm" -
)

# Without rustup fetching what it lacks.
as_is() { RUSTUP_AUTO_INSTALL=0 "$@" 2>/dev/null; }

setup_rust() {
  rust_works && return
  forget_system_rust
  rust_works && return
  choose_system_rust && rust_works && return
  forget_system_rust

  if install_by_rustup && rust_works; then return; fi
  if install_by_packages; then
    choose_system_rust
    rust_works || attempt "Rust for Wasm" "building its standard library" build_wasm_std || true
    rust_works && return
    forget_system_rust
  fi
  missing "Rust $RUST_VERSION with clippy, rustfmt and $WASM (https://rustup.rs)"
}

install_by_rustup() {
  # The person who set this does not want rustup to download toolchains unasked.
  if [ "${RUSTUP_AUTO_INSTALL:-1}" = 0 ]; then
    say "Rust: not by rustup, RUSTUP_AUTO_INSTALL=0 forbids it"
    return 1
  fi
  if ! command -v rustup >/dev/null; then
    attempt "rustup" "its installer" install_rustup || return 1
    prefer "${CARGO_HOME:-$HOME/.cargo}/bin"
  fi
  attempt "Rust $RUST_VERSION" "rustup" \
    rustup toolchain install "$RUST_VERSION" --profile minimal -c clippy -c rustfmt -t $WASM
}

install_rustup() {
  local installer status=0
  installer=$(mktemp)
  curl --proto '=https' --tlsv1.2 -fsSL --connect-timeout 10 https://sh.rustup.rs -o "$installer" &&
    sh "$installer" -y --profile minimal --default-toolchain none || status=$?
  rm -f "$installer"
  return "$status"
}

install_by_packages() {
  # shellcheck disable=SC2086
  attempt "Rust" "the distribution's packages" apt_install $DEBIAN_RUST
}

# Links, and not the whole of /usr/bin, so that nothing else is shadowed.
choose_system_rust() {
  local program staged=$SYSTEM_RUST.new
  at_least "$(/usr/bin/rustc --version 2>/dev/null | cut -d ' ' -f 2)" "$RUST_VERSION" || return 1
  rm -rf "$staged" && mkdir -p "$staged"
  for program in cargo rustc rustdoc cargo-clippy clippy-driver cargo-fmt rustfmt; do
    ln -s "/usr/bin/$program" "$staged/$program"
  done
  rm -rf "$SYSTEM_RUST" && mv "$staged" "$SYSTEM_RUST"
  prefer "$SYSTEM_RUST"
  export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-$LLD_VERSION
  hash -r
}

forget_system_rust() {
  rm -rf "$SYSTEM_RUST"
  PATH=$(printf '%s' ":$PATH:" | sed "s|:$SYSTEM_RUST:|:|;s/^://;s/:$//")
  unset CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER
  hash -r
}

# No package holds `core` and `std` for Wasm, but their sources are there: an empty crate brings them along. Where they
# are installed they stand for every project on the machine, and plain `cargo build --target` finds them.
build_wasm_std() {
  local crate=$SALA_CACHE/wasm-std built target
  target=$(rustc --print sysroot)/lib/rustlib/$WASM || return 1
  rm -rf "$crate" && mkdir -p "$crate/src" "$crate/lib" && : >"$crate/src/lib.rs" || return 1
  printf '[package]\nname = "wasm_std"\nedition = "2024"\n[workspace]\n' >"$crate/Cargo.toml" || return 1
  (cd "$crate" && RUSTC_BOOTSTRAP=1 cargo build --release --target $WASM -Zbuild-std=std,panic_abort --target-dir target) ||
    return 1
  built=$crate/target/$WASM/release/deps
  rm -f "$built"/libwasm_std-* && cp "$built"/*.rlib "$crate/lib/" || return 1
  as_root mkdir -p "$target" && as_root rm -rf "$target/lib.new" && as_root cp -r "$crate/lib" "$target/lib.new" &&
    as_root rm -rf "$target/lib" && as_root mv "$target/lib.new" "$target/lib" && rm -rf "$crate"
}
