# shellcheck shell=bash
#
# cargo-leptos and wasm-bindgen: the published binaries, or if they cannot be downloaded, compiled.

# Base address of the releases. Set it to use a mirror.
SALA_RELEASES=${SALA_RELEASES:-https://github.com}

setup_cargo_tools() {
  tools_are_installed && return
  if logged "cargo-leptos $CARGO_LEPTOS_VERSION: downloading" download_cargo_leptos &&
    logged "wasm-bindgen $WASM_BINDGEN_VERSION: downloading" download_wasm_bindgen; then
    return
  fi
  # cargo-leptos would download tools of its own without `no_downloads`.
  compile cargo-leptos "$CARGO_LEPTOS_VERSION" cargo-leptos --locked --features no_downloads
  # The published lock file names a yanked webpki-roots, which some mirrors refuse to send.
  compile wasm-bindgen-cli "$WASM_BINDGEN_VERSION" wasm-bindgen --locked
  compile wasm-bindgen-cli "$WASM_BINDGEN_VERSION" wasm-bindgen
  tools_are_installed || missing "cargo-leptos $CARGO_LEPTOS_VERSION and wasm-bindgen $WASM_BINDGEN_VERSION"
}

tools_are_installed() {
  has_version "$SALA_TOOLS/bin/cargo-leptos" "$CARGO_LEPTOS_VERSION" &&
    has_version "$SALA_TOOLS/bin/wasm-bindgen" "$WASM_BINDGEN_VERSION"
}

has_version() { "$1" --version 2>/dev/null | grep -qwF "$2"; }

download_cargo_leptos() {
  local release=leptos-rs/cargo-leptos/releases/download/v$CARGO_LEPTOS_VERSION
  download cargo-leptos "$CARGO_LEPTOS_VERSION" "$release/cargo-leptos" sha256
}

download_wasm_bindgen() {
  local release=wasm-bindgen/wasm-bindgen/releases/download/$WASM_BINDGEN_VERSION
  download wasm-bindgen "$WASM_BINDGEN_VERSION" "$release/wasm-bindgen-$WASM_BINDGEN_VERSION" sha256sum
}

# On Linux the statically linked builds, which do not depend on the version of the C library.
target_triple() {
  case $(uname -sm) in
    "Linux x86_64") echo x86_64-unknown-linux-musl ;;
    "Linux aarch64") echo aarch64-unknown-linux-musl ;;
    "Darwin x86_64") echo x86_64-apple-darwin ;;
    "Darwin arm64") echo aarch64-apple-darwin ;;
    *) echo "error: no binaries are published for $(uname -sm)" >&2 && return 1 ;;
  esac
}

# download PROGRAM VERSION PATH CHECKSUM-EXTENSION: installs a program from the release archive for this machine, after
# verifying the checksum that is published beside it. The archive contains one folder with the program.
download() (
  program=$1 version=$2 extension=$4
  path=$3-$(target_triple).tar.gz || return 1
  staging=$(mktemp -d "$SALA_TOOLS/download.XXXXXX") || return 1
  trap 'rm -rf "$staging"' EXIT
  fetch "$path.$extension" "$staging/checksum" && fetch "$path" "$staging/archive" || return 1
  expected=$(grep -oE '[0-9a-f]{64}' "$staging/checksum" | head -n 1)
  actual=$(sha256 "$staging/archive")
  if [ -z "$expected" ] || [ "$expected" != "$actual" ]; then
    echo "error: the checksum is $actual, should be ${expected:-published}"
    return 1
  fi
  tar -xzf "$staging/archive" -C "$staging" --strip-components 1 || return 1
  has_version "$staging/$program" "$version" || { echo "error: no working $program $version in the archive" && return 1; }
  mkdir -p "$SALA_TOOLS/bin" && mv "$staging/$program" "$SALA_TOOLS/bin/$program"
)

# fetch PATH FILE: gives up within seconds where the server is unreachable or silent, or where compiling would be
# faster.
fetch() {
  local protocols="=https"
  case $SALA_RELEASES in http:*) protocols="=http,https" ;; esac
  curl --proto "$protocols" --fail --location --silent --show-error --connect-timeout 4 \
    --speed-limit 50000 --speed-time 5 --output "$2" "$SALA_RELEASES/$1"
}

sha256() { if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1; }

# compile CRATE VERSION PROGRAM FLAGS...: compiles a tool, unless it is installed.
compile() {
  has_version "$SALA_TOOLS/bin/$3" "$2" || logged "$1 $2: compiling" cargo_install "$1" "$2" "${@:4}" || true
}

# A tool that runs for seconds is not worth minutes of optimisation, except for the crates that process every byte of
# the Wasm. The target folder survives an interruption, so the next attempt continues from there.
cargo_install() {
  local package optimised=() target=$SALA_CACHE/build/$1
  for package in brotli brotli-decompressor alloc-stdlib flate2 miniz_oxide walrus wasmparser wasm-encoder leb128fmt \
    wasm_split_cli_support wasm-bindgen-cli-support; do
    optimised+=(--config "profile.release.package.$package.opt-level=2")
  done
  CARGO_PROFILE_RELEASE_LTO=false CARGO_PROFILE_RELEASE_CODEGEN_UNITS=256 CARGO_PROFILE_RELEASE_OPT_LEVEL=0 \
    CARGO_PROFILE_RELEASE_DEBUG=false cargo install "$1" --version "=$2" --force --root "$SALA_TOOLS" \
    --target-dir "$target" "${optimised[@]}" "${@:3}" && rm -rf "$target"
}
