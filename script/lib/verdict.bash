# shellcheck shell=bash
#
# Results of checks, and their counts.

passed=0
failed=0

# play COMMAND...: runs a command, with its output in $output and its status in $status.
# shellcheck disable=SC2034
play() {
  status=0
  output=$("$@" 2>&1 </dev/null) || status=$?
}

# verdict NAME PROBLEM: prints and counts a result. An empty problem is a pass.
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

summary() {
  printf '%s passed, %s failed\n' "$passed" "$failed"
  [ "$failed" = 0 ]
}
