# shellcheck shell=bash
#
# Rust with clippy, rustfmt and the standard library for Wasm: the one on PATH if it suffices, else by rustup, else by
# the distribution's packages, whose standard library for Wasm is then built from its sources.

DEBIAN_RUST="rustc-web cargo-web rust-web-src rust-web-clippy rustfmt-web lld-$LLD_VERSION"
WASM=wasm32-unknown-unknown

# Succeeds if the Rust on PATH is recent enough and links a Wasm. Installs nothing.
rust_works() (
  probe=$(mktemp -d)
  trap 'rm -rf "$probe"' EXIT
  linker=${CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER:-}
  is_recent rustc || return 1
  { installed cargo fmt --version && installed cargo clippy --version; } >/dev/null || return 1
  echo 'pub fn probe() -> String { std::hint::black_box(1).to_string() }' |
    installed rustc --edition 2024 --crate-name probe --crate-type cdylib --target $WASM ${linker:+-C "linker=$linker"} \
      -o "$probe/probe.wasm" -
)

is_recent() { at_least "$(installed "$1" --version | cut -d ' ' -f 2)" "$MINIMUM_RUST_VERSION"; }

# Runs a command without letting rustup install what is missing.
installed() { RUSTUP_AUTO_INSTALL=0 "$@" 2>/dev/null; }

setup_rust() {
  local way
  rust_works && return
  for way in true choose_system_rust install_with_rustup install_packages; do
    forget_choice
    if "$way" && rust_works; then return; fi
  done
  forget_choice
  missing "Rust $MINIMUM_RUST_VERSION or later with clippy, rustfmt and $WASM (https://rustup.rs)"
}

install_with_rustup() {
  # Whoever sets this does not want rustup to download toolchains.
  if [ "${RUSTUP_AUTO_INSTALL:-1}" = 0 ]; then
    say "Rust: not by rustup, because RUSTUP_AUTO_INSTALL=0"
    return 1
  fi
  if ! command -v rustup >/dev/null; then
    logged "rustup: downloading its installer" install_rustup || return 1
    prepend_path "${CARGO_HOME:-$HOME/.cargo}/bin"
  fi
  logged "Rust $RUST_VERSION: rustup toolchain install" \
    rustup toolchain install "$RUST_VERSION" --profile minimal -c clippy -c rustfmt -t $WASM || return 1
  printf '%s\n' "$RUST_VERSION" >"$RUSTUP_CHOICE"
  export RUSTUP_TOOLCHAIN=$RUST_VERSION
}

install_rustup() {
  curl --proto '=https' --tlsv1.2 -fsSL --connect-timeout 4 --speed-limit 1000 --speed-time 5 https://sh.rustup.rs |
    sh -s -- -y --profile minimal --default-toolchain none
}

install_packages() {
  # shellcheck disable=SC2086
  logged "Rust: apt-get install $DEBIAN_RUST" apt_install $DEBIAN_RUST && choose_system_rust || return 1
  rust_works || logged "Rust: building the standard library for Wasm" build_wasm_std
}

# Links to the programs, because /usr/bin before the rest of PATH would shadow others.
choose_system_rust() {
  local program staged=$SYSTEM_RUST.new
  is_recent /usr/bin/rustc || return 1
  rm -rf "$staged" && mkdir -p "$staged"
  for program in cargo rustc rustdoc cargo-clippy clippy-driver cargo-fmt rustfmt; do
    ln -s "/usr/bin/$program" "$staged/$program"
  done
  rm -rf "$SYSTEM_RUST" && mv "$staged" "$SYSTEM_RUST"
  prepend_path "$SYSTEM_RUST"
  export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-$LLD_VERSION
  hash -r
}

forget_choice() {
  rm -rf "$SYSTEM_RUST" "$RUSTUP_CHOICE"
  PATH=$(printf '%s' ":$PATH:" | sed "s|:$SYSTEM_RUST:|:|;s/^://;s/:$//")
  unset CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER RUSTUP_TOOLCHAIN
  hash -r
}

# No package contains `core` and `std` for Wasm, but their sources are packaged. An empty crate compiles them; installed
# in the sysroot, plain `cargo build --target` finds them.
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
