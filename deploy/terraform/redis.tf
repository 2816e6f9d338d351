resource "google_redis_instance" "chat" {
  name                    = local.settings.REDIS
  region                  = local.region
  tier                    = local.tier == "standard" ? "STANDARD_HA" : "BASIC"
  memory_size_gb          = local.size
  redis_version           = upper(local.settings.REDIS_VERSION)
  authorized_network      = "projects/${var.project}/global/networks/${local.network}"
  auth_enabled            = true
  transit_encryption_mode = "SERVER_AUTHENTICATION"
  redis_configs = {
    maxmemory-policy = local.settings.REDIS_EVICTION
  }

  depends_on = [google_project_service.api]
}

resource "google_vpc_access_connector" "chat" {
  count         = var.connector ? 1 : 0
  name          = local.settings.CONNECTOR
  region        = local.region
  network       = local.network
  ip_cidr_range = local.connector_range
  min_instances = 2
  max_instances = 3

  depends_on = [google_project_service.api]
}
