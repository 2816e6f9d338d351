# shellcheck shell=bash
#
# Options and messages of the scripts, and commands that run with their output in a log. Sourced from the root.

# The path of the script from the root. `$0` is relative to the folder that the script was started in.
# shellcheck disable=SC2164
program=$(cd "${OLDPWD:-.}"; cd "$(dirname "$0")"; pwd)/${0##*/}
program=${program#"$PWD"/}

say() { printf '%s\n' "-- $*"; }
warn() { printf '%s\n' "!! $*" >&2; }
die() {
  warn "$*"
  exit 1
}

# Prints the comment at the top of a script as its help.
help() { awk 'NR > 1 && !/^#/ { exit } NR > 1 { sub(/^# ?/, ""); print }' "$program"; }

unknown_option() { die "$program does not know '$1'; see $program --help"; }

# allow_options "NAME..." ARGUMENTS...: fails if an argument is none of the names. --help prints the help and ends the
# script.
allow_options() {
  local allowed=" $1 " option
  shift
  for option in "$@"; do
    case $option in -h | --help) help && exit ;; esac
    [[ $allowed = *" $option "* ]] || unknown_option "$option"
  done
}

# Succeeds if version $1 is $2 or later.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

# lock FILE: waits until no other script holds the lock, which is kept until the shell ends. Checkouts share tools and
# builds.
lock() {
  command -v flock >/dev/null || return 0
  exec 9>"$1"
  flock -n 9 || { say "Waiting for another $program on this machine" && flock 9; }
}

# logged WHAT COMMAND...: runs the command with its output in $log, reports progress every 15 seconds, then the
# duration. On failure prints the reason and the path of the log.
logged() {
  local what=$1 status=0 reporter started=$SECONDS
  shift
  mkdir -p "$SALA_CACHE/log"
  log=$SALA_CACHE/log/$(printf '%s' "$what" | tr -cs 'A-Za-z0-9.\n' '-').log
  say "$what"
  : >"$log"
  report_progress "$what" "$log" &
  reporter=$!
  # Cargo draws its progress bar, which counts the crates, into the log too.
  CARGO_TERM_PROGRESS_WHEN=always CARGO_TERM_PROGRESS_WIDTH=100 "$@" </dev/null >"$log" 2>&1 || status=$?
  kill "$reporter" 2>/dev/null || true
  wait "$reporter" 2>/dev/null || true
  if [ "$status" = 0 ]; then
    say "$what: done in $(duration $((SECONDS - started)))"
  else
    warn "$what: failed after $(duration $((SECONDS - started))): $(failure_reason "$log") (log: $log)"
  fi
  return "$status"
}

duration() { if [ "$1" -lt 100 ]; then echo "$1 s"; else echo "$(($1 / 60)) min $(($1 % 60)) s"; fi; }

report_progress() {
  local started=$SECONDS
  # Nobody waits for the last `sleep`, so it must not hold a pipe or the lock of script/setup.
  while sleep 15 >/dev/null 2>&1 9>&- && kill -0 $$ 2>/dev/null; do
    printf '   %s: %s, %s\n' "$1" "$(progress "$2")" "$(duration $((SECONDS - started)))"
  done
}

# Where Cargo is at work, how many crates of how many are compiled, and which are next; else the last line.
progress() {
  log_lines "$1" | awk '
    /^ *(Compiling|Downloaded) / { next }
    match($0, /[0-9]+\/[0-9]+: /) {
      split(substr($0, RSTART, RLENGTH - 2), of, "/")
      $0 = of[1] " of " of[2] " crates, now " substr($0, RSTART + RLENGTH)
    }
    NF { last = $0 }
    END { gsub(/^ +| +$/, "", last); print last ? substr(last, 1, 80) : "starting" }'
}

failure_reason() {
  local line
  line=$(log_lines "$1" | grep -iE -m 1 '^(E: |npm error |npm ERR! |error|fatal)|: (not found|error)' ||
    log_lines "$1" | grep . | tail -n 1)
  printf '%s' "${line:-no message}" | cut -c 1-240
}

log_lines() { tr '\r' '\n' <"$1" | sed 's/\x1b\[[0-9;?]*[A-Za-z]//g'; }
