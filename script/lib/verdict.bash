# shellcheck shell=bash
#
# How a script that checks things tells of each, and counts.

passed=0
failed=0

# play COMMAND...: its output into $output, its status into $status, for whoever judges them.
# shellcheck disable=SC2034
play() {
  status=0
  output=$("$@" 2>&1 </dev/null) || status=$?
}

# verdict NAME PROBLEM: passed where there is none.
verdict() {
  if [ -z "$2" ]; then
    passed=$((passed + 1))
    echo "ok   $1"
  else
    failed=$((failed + 1))
    printf 'FAIL %s\n' "$1"
    printf '%s\n' "$2" | sed 's/^/       /'
  fi
}
