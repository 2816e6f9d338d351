# shellcheck shell=bash
# What is set here is read by those who source it, and the other way round.
# shellcheck disable=SC2034,SC2154
#
# Where deploy/up and deploy/down work.

# The commands that are shown are complete after this first one.
choose_project() {
  if [ -z "$dry_run" ]; then
    command -v gcloud >/dev/null || die "gcloud is missing: https://cloud.google.com/sdk/docs/install, or use Cloud Shell"
    [ -n "$(gcloud config get account 2>/dev/null)" ] || die "You are not signed in: gcloud auth login"
    [ -n "$project" ] || project=$(gcloud config get project 2>/dev/null)
    [ -n "$project" ] || die "Which project? Name it by --project, or once and for all: gcloud config set project ID"
  fi
  project=${project:-PROJECT}
  # Nothing is asked: each command says all that it needs.
  export CLOUDSDK_CORE_PROJECT=$project CLOUDSDK_CORE_DISABLE_PROMPTS=1
  show export "CLOUDSDK_CORE_PROJECT=$project" CLOUDSDK_CORE_DISABLE_PROMPTS=1
}

known_region() {
  grep -qxF "$REGION" deploy/regions ||
    die "--region $REGION is none that Cloud Run has; these are: $(tr '\n' ' ' <deploy/regions)"
}

# The e-mail address of a service account.
address_of() { printf '%s' "$1@$project.iam.gserviceaccount.com"; }
