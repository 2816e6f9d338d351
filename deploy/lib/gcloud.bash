# shellcheck shell=bash
# Sets variables that the sourcing scripts read, and reads variables that they set.
# shellcheck disable=SC2034,SC2154
#
# Runs gcloud, shows each command, and explains failures. deploy/up and deploy/down source it and call `step` first.
# They set `project`, and `dry_run`: empty, or what exists according to a dry run: nothing or everything.

# options "NAME=VARIABLE..." "SWITCH=VARIABLE..." ARGUMENTS...: sets a variable for each option: the value of --NAME,
# and "yes" for --SWITCH.
options() {
  local valued=" $1" switches=" $2"
  shift 2
  project="" dry_run="" by_connector="" yes=""
  while [ $# -gt 0 ]; do
    case $1 in
      -h | --help) help && exit ;;
      --*) ;;
      *) unknown_option "$1" ;;
    esac
    if [[ $switches =~ " ${1#--}="([a-z_]+) ]]; then
      printf -v "${BASH_REMATCH[1]}" yes
    elif [[ $valued =~ " ${1#--}="([A-Za-z_]+) ]]; then
      [ $# -gt 1 ] || die "$1 lacks its value; see $program --help"
      printf -v "${BASH_REMATCH[1]}" %s "$2"
      shift
    else
      unknown_option "$1"
    fi
    shift
  done
}

known_region() {
  grep -qxF "$REGION" deploy/regions ||
    die "--region $REGION is not a region of Cloud Run; these are: $(tr '\n' ' ' <deploy/regions)"
}

# Sets the project of all commands that follow. Those that are shown are complete after the first one.
choose_project() {
  if [ -z "$dry_run" ]; then
    command -v gcloud >/dev/null ||
      die "gcloud is missing: https://cloud.google.com/sdk/docs/install, or use Cloud Shell"
    [ -n "$(gcloud config get account 2>/dev/null)" ] || die "You are not signed in: gcloud auth login"
    [ -n "$project" ] || project=$(gcloud config get project 2>/dev/null)
    [ -n "$project" ] || die "Which project? Name it by --project, or once and for all: gcloud config set project ID"
  fi
  project=${project:-PROJECT}
  # gcloud asks nothing, because each command is complete.
  export CLOUDSDK_CORE_PROJECT=$project CLOUDSDK_CORE_DISABLE_PROMPTS=1
  show export "CLOUDSDK_CORE_PROJECT=$project" CLOUDSDK_CORE_DISABLE_PROMPTS=1
}

# The e-mail address of a service account.
address_of() { printf '%s' "$1@$project.iam.gserviceaccount.com"; }

# Commands are shown on descriptor 3, even while standard output is captured.
exec 3>&1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# step WHAT API ROLE: names the current step, its API and the role that it needs, for `explain`.
step() {
  what=$1 api=$2 role=$3
  printf '\n' >&3
  say "$what" >&3
}

note() { printf '   %s\n' "$*" >&3; }
there_is() { note "is there: $*"; }

# there COMMAND...: succeeds if the described resource exists. $found is the answer.
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
  # Without the permission to look, nothing is known.
  if grep -qE 'PERMISSION_DENIED|SERVICE_DISABLED|does not have permission' "$scratch/errors" ||
    ! grep -qiE 'NOT_FOUND|not found|cannot find|does not exist|matched no objects' "$scratch/errors"; then
    cat "$scratch/errors" >&2
    explain
  fi
  return 1
}

# bound MEMBER ROLE COMMAND...: succeeds if the policy that the command reads gives the role to the member.
bound() {
  local wanted="bindings.members=$1 AND bindings.role=$2"
  shift 2
  there "$@" '--flatten=bindings[].members' "--filter=$wanted" '--format=value(bindings.role)' && [ -n "$found" ]
}

# ask PLACEHOLDER COMMAND...: prints the answer of the command, or in a dry run the placeholder.
ask() {
  local placeholder=$1
  shift
  show "$@"
  if [ -n "$dry_run" ]; then
    printf '%s\n' "$placeholder"
  else
    attempt "$@"
  fi
}

# tell COMMAND...: runs a command that changes something.
tell() {
  show "$@"
  [ -n "$dry_run" ] || attempt "$@"
}

# Shows errors as they come, and keeps them for `explain`.
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

# Ends the script, and says what to do about the errors of the last command.
explain() {
  local errors
  errors=$(cat "$scratch/errors")
  printf "\n" >&2
  warn "$what: that failed."
  case $errors in
    *SERVICE_DISABLED* | *"has not been used in project"* | *"] not enabled on project"*) explain_api "$errors" ;;
    *UREQ_PROJECT_BILLING* | *"illing must be enabled"* | *"illing account"*)
      warn "Project $project has no billing account, which these services need. Link one:"
      warn "   https://console.cloud.google.com/billing/linkedaccount?project=$project"
      ;;
    *PERMISSION_DENIED* | *"does not have permission"* | *"ermission '"*) explain_role "$errors" ;;
    *RESOURCE_EXHAUSTED* | *uota*)
      warn "A quota of project $project is used up; the message above names it. Ask for more, or take another --region:"
      warn "   https://console.cloud.google.com/iam-admin/quotas?project=$project"
      ;;
    *ALREADY_EXISTS* | *"already exists"*) warn "It came into being meanwhile: perhaps somebody else deploys, too." ;;
    *NOT_FOUND* | *"not found"*) warn "Something that it needs is gone; the message above names it." ;;
    *"active account"* | *"eauthentication"*) warn "You are not signed in: gcloud auth login" ;;
    *"uild failed"*) warn "The image could not be built. The log whose address stands above says why." ;;
    *) warn "The message above is gcloud's own." ;;
  esac
  die "Then run this again: it goes on where it stopped."
}

explain_api() {
  local named
  named=$(grep -oE '[a-z]+\.googleapis\.com' <<<"$1" | grep -vE '^(type|console)\.' | head -n 1 || true)
  warn "The API ${named:-$api} is not enabled in project $project, or not for long enough." \
    "Enable it, and wait a minute:"
  warn "   gcloud services enable ${named:-$api} --project=$project"
}

explain_role() {
  local permission account
  local services='artifactregistry|cloudbuild|compute|iam|redis|resourcemanager|run|secretmanager|serviceusage'
  services="$services|storage|vpcaccess"
  # Preceded by a quote or a blank, because the address of a service account looks similar.
  permission=$(grep -oE "[ '\"[]($services)\.[A-Za-z]+\.[A-Za-z]+" <<<"$1" | head -n 1 | cut -c 2- || true)
  role=$(role_of "$permission")
  account=$(gcloud config get account 2>/dev/null || true)
  case $account in
    *gserviceaccount.com) account=serviceAccount:$account ;;
    *) account=user:${account:-YOU} ;;
  esac
  warn "You lack the role $role${permission:+ (permission $permission)}. An owner of the project gives it to you by"
  warn "   gcloud projects add-iam-policy-binding $project --member=$account --role=$role"
  warn "which takes a minute or two to be known everywhere."
}

# Prints the role with a permission, because a deployment needs several. Without a permission, that of the step.
role_of() {
  case $1 in
    artifactregistry.*) echo roles/artifactregistry.admin ;;
    cloudbuild.*) echo roles/cloudbuild.builds.editor ;;
    iam.service[aA]ccounts.actAs) echo roles/iam.serviceAccountUser ;;
    iam.service[aA]ccounts.*) echo roles/iam.serviceAccountAdmin ;;
    resourcemanager.*) echo roles/resourcemanager.projectIamAdmin ;;
    run.*) echo roles/run.admin ;;
    serviceusage.services.use) echo roles/serviceusage.serviceUsageConsumer ;;
    storage.*) echo roles/storage.admin ;;
    *) echo "$role" ;;
  esac
}
