# shellcheck shell=bash
#
# How the scripts talk, and how they try one way after the other.

say() { printf '%s\n' "-- $*"; }
warn() { printf '%s\n' "!! $*" >&2; }
die() {
  warn "$*"
  exit 1
}

# Prints the comment at the top of a script as its help.
help() { awk 'NR > 1 && !/^#/ { exit } NR > 1 { sub(/^# ?/, ""); print }' "$0"; }

# Whether version $1 is $2 or later.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

# attempt WHAT WAY COMMAND...: runs the command with its output in a log, says how long it took, and on failure the
# reason. A sign of life every 30 s: the longest takes a quarter of an hour.
attempt() {
  local what=$1 way=$2 log status=0 life started=$SECONDS
  shift 2
  mkdir -p "$SALA_CACHE/log"
  log=$SALA_CACHE/log/$(printf '%s' "$what-$way" | tr -cs 'A-Za-z0-9.\n' '-').log
  say "$what: trying $way"
  signs_of_life "$log" &
  life=$!
  "$@" </dev/null >"$log" 2>&1 || status=$?
  kill "$life" 2>/dev/null || true
  wait "$life" 2>/dev/null || true
  if [ "$status" = 0 ]; then
    say "$what: done by $way in $((SECONDS - started)) s"
  else
    warn "could not install $what by $way ($(reason "$log"); all of it in $log)"
  fi
  return "$status"
}

signs_of_life() {
  local parent=$$ sleeping
  trap 'kill "$sleeping" 2>/dev/null; exit' TERM
  while kill -0 "$parent" 2>/dev/null; do
    sleep 30 >/dev/null 2>&1 &
    sleeping=$!
    wait "$sleeping"
    printf '   ...%s\n' "$(tail -n 1 "$1" | cut -c 1-100)"
  done
}

reason() {
  local line
  line=$(grep -iE -m 1 '^(E: |npm error |npm ERR! |error|fatal)|: (not found|error)' "$1" || tail -n 1 "$1")
  printf '%s' "${line:-no message}" | cut -c 1-160
}

# As the administrator, or not at all: then it says what to do.
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
  command -v apt-get >/dev/null || { echo "error: no apt-get here"; return 1; }
  # Lists that are missing or old make apt look for packages that are no longer served.
  if [ -z "${apt_updated:-}" ]; then
    as_root apt-get update -q || echo "warning: the lists of packages are as old as they were"
    apt_updated=yes
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
}

# package COMMAND BREW APT: a program of the system, by the machine's own package manager.
package() {
  command -v "$1" >/dev/null && return
  if command -v brew >/dev/null; then
    attempt "$1" "brew install $2" brew install "$2" || true
  else
    # Several packages may be named at once.
    # shellcheck disable=SC2086
    attempt "$1" "apt-get install $3" apt_install $3 || true
  fi
  hash -r
  command -v "$1" >/dev/null || missing "$1 (Homebrew: $2; Debian: $3)"
}

missing() {
  if [ -s "$SALA_CACHE/ask-an-administrator" ]; then
    warn "An administrator has to do this once; then run script/setup again:"
    awk '!seen[$0]++ { sub(/^.*: sudo/, "   sudo"); print }' "$SALA_CACHE/ask-an-administrator" >&2
  fi
  die "still missing: $1"
}
