# shellcheck shell=bash
# shellcheck disable=SC2154
#
# deploy/up, Terraform and service.yaml deploy the same. In a copy each setting is changed in turn, to see that it reaches the two
# that read it, and that it would be noticed if service.yaml had been forgotten.

agreement() {
  local copy=$scratch/copy setting
  same "deploy/up, Terraform and service.yaml agree" "$PWD"
  mkdir "$copy"
  cp -r deploy "$copy" && mkdir "$copy/script" && cp -r script/lib "$copy/script"
  for setting in TIMEOUT CONCURRENCY CPU MEMORY MIN_INSTANCES MAX_INSTANCES NETWORK SUBNET SERVICE IDENTITY SESSION_KEY_SECRET \
    REDIS_URL_SECRET REDIS_CA_SECRET REDIS_CA_FOLDER REDIS_CA_FILE STARTUP_PATH STARTUP_PERIOD STARTUP_FAILURES LIVENESS_PATH \
    LIVENESS_PERIOD LIVENESS_FAILURES; do
    change "$setting"
    compare "$copy"
    verdict "$setting is read by deploy/up and Terraform, and missed in service.yaml" \
      "$(diff "$scratch/up" "$scratch/terraform" || true)$(differ up manifest)"
  done
  for setting in REDIS SIZE REDIS_VERSION REDIS_EVICTION NETWORK TIER; do
    change "$setting"
    compare "$copy"
    verdict "$setting reaches Redis by deploy/up and Terraform" \
      "$(diff "$scratch/up-redis" "$scratch/terraform-redis" || true)$(differ up-redis redis)"
  done
}

# change SETTING: to another value, of the same kind.
change() {
  case $1 in
    TIER) sed "s/^TIER=.*/TIER=standard/" deploy/settings >"$copy/deploy/settings" ;;
    *) sed -E "s/^($1=[^0-9]*)([0-9]*)/\1\21/" deploy/settings >"$copy/deploy/settings" ;;
  esac
}

# same NAME FOLDER
same() {
  compare "$2"
  cp "$scratch/up-redis" "$scratch/redis"
  verdict "$1" "$(cd "$scratch" && diff up terraform && diff up manifest && diff up-redis terraform-redis)"
}

differ() { ! cmp -s "$scratch/$1" "$scratch/$2" || echo "nothing changed"; }

# compare FOLDER: what each way says there, into files of their names.
compare() {
  local way
  "$1/deploy/up" --dry-run --project my-project >"$scratch/dry-run"
  for way in up up-redis terraform terraform-redis manifest; do
    "$1/deploy/test/settings-of" "$way" <"$scratch/dry-run" >"$scratch/$way"
  done
}
