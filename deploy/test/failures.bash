# shellcheck shell=bash
# shellcheck disable=SC2154
#
# Each step fails in the ways in which it can, and says what to do; the next run goes on from there.

failures() {
  local command way expected
  while IFS='|' read -r command way expected; do
    fails "$command" "$way" "$expected"
  done <<'TABLE'
services list|denied serviceusage.services.list|--role=roles/serviceusage.serviceUsageAdmin
services enable|denied serviceusage.services.enable|--role=roles/serviceusage.serviceUsageAdmin
services enable|billing|console.cloud.google.com/billing/linkedaccount
iam service-accounts describe|denied iam.serviceAccounts.get|--role=roles/iam.serviceAccountAdmin
iam service-accounts create|denied iam.serviceAccounts.create|--role=roles/iam.serviceAccountAdmin
compute networks describe|missing|gcloud compute networks create default
compute networks subnets|missing|no subnet default in us-central1
compute networks describe|denied compute.networks.get|--role=roles/compute.networkViewer
redis instances describe|disabled redis|gcloud services enable redis.googleapis.com
redis instances create|disabled redis|gcloud services enable redis.googleapis.com
redis instances create|denied redis.instances.create|--role=roles/redis.admin
redis instances create|quota|A quota of project my-project is used up
redis instances create|exists|came into being meanwhile
redis instances get-auth-string|denied redis.instances.getAuthString|--role=roles/redis.admin
secrets create|denied secretmanager.secrets.create|--role=roles/secretmanager.admin
secrets versions add|denied secretmanager.versions.add|--role=roles/secretmanager.admin
secrets add-iam-policy-binding|denied secretmanager.secrets.setIamPolicy|--role=roles/secretmanager.admin
projects get-iam-policy|denied resourcemanager.projects.getIamPolicy|--role=roles/resourcemanager.projectIamAdmin
projects add-iam-policy-binding|denied resourcemanager.projects.setIamPolicy|--role=roles/resourcemanager.projectIamAdmin
run services describe|denied run.services.get|--role=roles/run.admin
run deploy|denied run.services.create|--role=roles/run.admin
run deploy|denied iam.serviceaccounts.actAs|--role=roles/iam.serviceAccountUser
run deploy|denied cloudbuild.builds.create|--role=roles/cloudbuild.builds.editor
run deploy|denied artifactregistry.repositories.create|--role=roles/artifactregistry.admin
run deploy|denied storage.buckets.create|--role=roles/storage.admin
run deploy|disabled cloudbuild|gcloud services enable cloudbuild.googleapis.com
run deploy|build|could not be built
run deploy|signed-out|gcloud auth login
TABLE
  fails "compute networks vpc-access connectors create" "denied vpcaccess.connectors.create" "--role=roles/vpcaccess.admin" --connector
  fails "compute networks vpc-access connectors describe" "disabled vpcaccess" "gcloud services enable vpcaccess.googleapis.com" --connector
  deaf
  stays_when_deletion_fails
}

# fails COMMAND WAY EXPECTED FLAGS...
fails() {
  local command=$1 way=$2 expected=$3 problem=""
  shift 3
  new_cloud
  export CLOUD_FAILS="$command|$way"
  play deploy/up "$@"
  [ "$status" = 1 ] || problem="it ended with $status"
  grep -qF -- "$expected" <<<"$output" || problem="$problem; it does not say: $expected"
  [ "$(tail -n 1 "$CLOUD/log" | grep -cF "$command")" = 1 ] || problem="$problem; it went on: $(tail -n 1 "$CLOUD/log")"
  unset CLOUD_FAILS
  verdict "$command, ${way% *}: says what to do" "${problem:+$problem
$output}"
}

# Deployed, and nobody answers.
deaf() {
  new_cloud
  CLOUD_URL=http://127.0.0.1:9 play deploy/up
  verdict "a service that does not chat is no success" \
    "$(said 1 'gcloud run services logs read chat-app')"
  play deploy/up
  verdict "and goes on when it does" "$(said 0 "")"
}

stays_when_deletion_fails() {
  new_cloud
  play deploy/up
  export CLOUD_FAILS="redis instances delete|denied redis.instances.delete"
  play deploy/down --yes
  unset CLOUD_FAILS
  verdict "a deletion that fails says what to do" "$(said 1 'role=roles/redis.admin')"
  play deploy/down --yes
  verdict "and is taken up again" "$(said 0 "")"
}
