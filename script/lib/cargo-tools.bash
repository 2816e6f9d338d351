# shellcheck shell=bash
#
# cargo-leptos and wasm-bindgen: the published binaries, or if they cannot be downloaded, compiled from script/tools.

# Base address of the releases. Set it to use a mirror.
SALA_RELEASES=${SALA_RELEASES:-https://github.com}

setup_cargo_tools() {
  tools_are_installed && return
  if logged "cargo-leptos $CARGO_LEPTOS_VERSION: downloading" download_cargo_leptos &&
    logged "wasm-bindgen $WASM_BINDGEN_VERSION: downloading" download_wasm_bindgen; then
    return
  fi
  # Both in one build, which compiles their common dependencies once.
  logged "cargo-leptos and wasm-bindgen: compiling" compile_cargo_tools || true
  tools_are_installed || missing "cargo-leptos $CARGO_LEPTOS_VERSION and wasm-bindgen $WASM_BINDGEN_VERSION"
}

tools_are_installed() {
  has_version "$SALA_TOOLS/bin/cargo-leptos" "$CARGO_LEPTOS_VERSION" &&
    has_version "$SALA_TOOLS/bin/wasm-bindgen" "$WASM_BINDGEN_VERSION"
}

has_version() { "$1" --version 2>/dev/null | grep -qwF "$2"; }

download_cargo_leptos() {
  local release=leptos-rs/cargo-leptos/releases/download/v$CARGO_LEPTOS_VERSION name
  name=cargo-leptos-$(target_triple) || return 1
  download cargo-leptos "$CARGO_LEPTOS_VERSION" "$release/$name.tar.gz" sha256
}

download_wasm_bindgen() {
  local release=wasm-bindgen/wasm-bindgen/releases/download/$WASM_BINDGEN_VERSION name
  name=wasm-bindgen-$WASM_BINDGEN_VERSION-$(target_triple) || return 1
  download wasm-bindgen "$WASM_BINDGEN_VERSION" "$release/$name.tar.gz" sha256sum
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

# download PROGRAM VERSION PATH CHECKSUM-EXTENSION: installs a program from a release archive after verifying the checksum
# that is published beside it. The archive contains one folder with the program.
download() (
  program=$1 version=$2 path=$3 extension=$4
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

# fetch PATH FILE: gives up within seconds where the server is unreachable or silent, or where compiling would be faster.
fetch() {
  local protocols="=https"
  case $SALA_RELEASES in http:*) protocols="=http,https" ;; esac
  curl --proto "$protocols" --fail --location --silent --show-error --connect-timeout 4 --speed-limit 50000 --speed-time 5 \
    --output "$2" "$SALA_RELEASES/$1"
}

sha256() { if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1; }

# The target folder survives an interruption, so the next attempt continues from there.
compile_cargo_tools() {
  cargo install --path script/tools --locked --force --root "$SALA_TOOLS" --target-dir "$SALA_CACHE/build/tools" &&
    rm -rf "$SALA_CACHE/build/tools"
}
