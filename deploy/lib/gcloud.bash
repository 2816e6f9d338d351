# shellcheck shell=bash
# What is set here is read by those who source it, and the other way round.
# shellcheck disable=SC2034,SC2154
#
# Asking gcloud and telling it, with each command shown. Sourced by deploy/up and deploy/down, which call `step` before
# they do anything. They set `project`, and `dry_run`: empty, or what a dry run takes to be there, nothing or everything.

# Commands are shown there even where the output is caught.
exec 3>&1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# step WHAT API ROLE: what is done now, by which API, and the role that it takes; `explain` uses all three.
step() {
  what=$1 api=$2 role=$3
  printf '\n' >&3
  say "$what" >&3
}

note() { printf '   %s\n' "$*" >&3; }
there_is() { note "is there: $*"; }

# there COMMAND...: whether what the command describes is there. What it answers is in $found.
there() {
  show "$@"
  found=${dry_run#nothing}
  if [ -n "$dry_run" ]; then
    [ -n "$found" ]
    return
  fi
  if found=$("$@" 2>"$scratch/errors" </dev/null); then
    return
  fi
  # Where one may not look, nobody can say whether it is there.
  if grep -qE 'PERMISSION_DENIED|SERVICE_DISABLED|does not have permission' "$scratch/errors" ||
    ! grep -qiE 'NOT_FOUND|not found|cannot find|does not exist|matched no objects' "$scratch/errors"; then
    cat "$scratch/errors" >&2
    explain
  fi
  return 1
}

# bound MEMBER ROLE COMMAND...: whether the policy that the command reads gives the role to the member.
bound() {
  local wanted="bindings.members=$1 AND bindings.role=$2"
  shift 2
  there "$@" '--flatten=bindings[].members' "--filter=$wanted" '--format=value(bindings.role)' && [ -n "$found" ]
}

# ask STANDIN COMMAND...: prints what the command answers, or in a dry run the stand-in for it.
ask() {
  local standin=$1
  shift
  show "$@"
  if [ -n "$dry_run" ]; then
    printf '%s\n' "$standin"
  else
    attempt "$@"
  fi
}

# tell COMMAND...: changes something. Its standard input, if any, is not shown.
tell() {
  show "$@"
  [ -n "$dry_run" ] || attempt "$@"
}

# What goes wrong is shown as it comes, and kept to be explained.
attempt() {
  { "$@" 2>&1 >&4 4>&- | tee "$scratch/errors" >&2; } 4>&1 || explain
}

show() {
  local word line=""
  for word in "$@"; do
    case $word in
      *[!A-Za-z0-9_./:=,@%+-]*) word="'$word'" ;;
    esac
    line="$line $word"
  done
  printf '$%s\n' "$line" >&3
}
