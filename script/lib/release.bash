# shellcheck shell=bash
#
# The built release: its paths, and starting it. Sourced from the root. The server reads hash.txt, with the names of the
# built files, from its own folder.

export SALA_BIN=$PWD/target/release/server LEPTOS_SITE_ROOT=$PWD/target/site

need_release() { [ -x "$SALA_BIN" ] || die "no release yet: script/build"; }

# start_release FOLDER: starts the release on a free port with its database in a new folder, and sets $address to
# HOST:PORT.
start_release() {
  local line
  mkdir "$1" && mkfifo "$1/log"
  env -u REDIS_URL -u REDISHOST -u K_SERVICE RUST_LOG=info LOG_FORMAT=text HOST=127.0.0.1 PORT=0 DATA_DIR="$1/data" \
    "$SALA_BIN" >"$1/log" 2>&1 &
  server=$!
  exec 4<"$1/log"
  address=""
  while IFS= read -r -t 20 line <&4; do
    address=$(grep -oE '127\.0\.0\.1:[0-9]+' <<<"$line") && break
    warn "$line"
  done
  [ -n "$address" ] || die "the server did not log its address"
  # Nothing reads its later log, and a full pipe would block it.
  cat <&4 >/dev/null &
}

stop_release() { [ -z "${server:-}" ] || { kill "$server" && wait "$server"; } 2>/dev/null || true; }

# page_files FILE: prints the paths of the built files that a page names. There have to be styles, a script and a Wasm.
page_files() {
  local paths kind
  paths=$(grep -oE '/pkg/[A-Za-z0-9_./-]+\.(css|js|wasm)' "$1" | sort -u)
  for kind in css js wasm; do
    grep -q "\.$kind\$" <<<"$paths" || die "the page names no file that ends in .$kind"
  done
  printf '%s\n' "$paths"
}
