# shellcheck shell=bash
#
# Packages of the operating system.

# Runs a command as root. Where that is not possible, prints and records what an administrator has to run.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null && { sudo -n true || { : </dev/tty && sudo -v; }; } 2>/dev/null; then
    sudo "$@"
  else
    echo "error: needs an administrator: sudo $*" | tee -a "$SALA_CACHE/ask-an-administrator"
    return 1
  fi
}

apt_install() {
  command -v apt-get >/dev/null || { echo "error: no apt-get on this system"; return 1; }
  # With outdated lists apt asks for packages that are no longer served.
  if [ -z "${apt_updated:-}" ]; then
    as_root apt-get update -q || echo "warning: could not update the package lists"
    apt_updated=yes
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
}

# package COMMAND BREW APT: installs a program with Homebrew or apt, unless the command exists.
package() {
  command -v "$1" >/dev/null && return
  if command -v brew >/dev/null; then
    logged "$1: brew install $2" brew install "$2" || true
  else
    # $3 may name several packages.
    # shellcheck disable=SC2086
    logged "$1: apt-get install $3" apt_install $3 || true
  fi
  hash -r
  command -v "$1" >/dev/null || missing "$1 (Homebrew: $2; Debian: $3)"
}

missing() {
  if [ -s "$SALA_CACHE/ask-an-administrator" ]; then
    warn "An administrator has to run this once. Then run script/setup again:"
    awk '!seen[$0]++ { sub(/^.*: sudo/, "   sudo"); print }' "$SALA_CACHE/ask-an-administrator" >&2
  fi
  die "still missing: $1"
}
