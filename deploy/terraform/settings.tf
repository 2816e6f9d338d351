locals {
  # Lines of NAME=value.
  settings = {
    for line in split("\n", file("${path.module}/../settings")) :
    split("=", line)[0] => split("=", line)[1] if can(regex("^[A-Z_]+=", line))
  }

  region          = coalesce(var.region, local.settings.REGION)
  tier            = coalesce(var.tier, local.settings.TIER)
  size            = coalesce(var.size, local.settings.SIZE)
  min_instances   = coalesce(var.min_instances, local.settings.MIN_INSTANCES)
  max_instances   = coalesce(var.max_instances, local.settings.MAX_INSTANCES)
  network         = coalesce(var.network, local.settings.NETWORK)
  subnet          = coalesce(var.subnet, local.settings.SUBNET)
  connector_range = coalesce(var.connector_range, local.settings.CONNECTOR_RANGE)

  apis = concat(
    compact(split("\n", file("${path.module}/../apis"))),
    var.connector ? ["vpcaccess.googleapis.com"] : [],
  )
}

resource "google_project_service" "api" {
  for_each = toset(local.apis)
  service  = each.value
  # Others may use it.
  disable_on_destroy = false
}
