# shellcheck shell=bash
# shellcheck disable=SC2154
#
# Each step fails in each way in which it can, and says what to do; the next run continues from there.

failures() {
  local command way expected flags
  while IFS='|' read -r command way expected flags; do
    new_cloud
    # shellcheck disable=SC2086
    CLOUD_FAILS="$command|$way" play deploy/up $flags
    verdict "$command, ${way% *}: says what to do and goes no further" \
      "$(said 1 "$expected")$(tail -n 1 "$CLOUD/log" | grep -vF "$command" || true)"
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
compute networks vpc-access connectors create|denied vpcaccess.connectors.create|--role=roles/vpcaccess.admin|--connector
compute networks vpc-access connectors describe|disabled vpcaccess|gcloud services enable vpcaccess.googleapis.com|--connector
TABLE
  new_cloud
  CLOUD_URL=http://127.0.0.1:9 play deploy/up
  verdict "a service that does not chat is a failure" "$(said 1 'gcloud run services logs read chat-app')"
  play deploy/up
  verdict "the next run continues when it does" "$(said 0 "")"
  CLOUD_FAILS="redis instances delete|denied redis.instances.delete" play deploy/down --yes
  verdict "a deletion that fails says what to do" "$(said 1 'role=roles/redis.admin')"
  play deploy/down --yes
  verdict "the next deletion continues" "$(said 0 "")"
}
