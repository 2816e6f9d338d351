# shellcheck shell=bash
# What is set here is read by those who source it, and the other way round.
# shellcheck disable=SC2034,SC2154
#
# The options of deploy/up and deploy/down, and the project and the region that they work in.

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
