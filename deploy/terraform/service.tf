resource "google_cloud_run_v2_service" "chat" {
  name     = local.settings.SERVICE
  location = local.region
  # Rooms are in Redis; the service itself holds no data that needs protection.
  deletion_protection = false

  template {
    service_account                  = google_service_account.chat.email
    timeout                          = "${local.settings.TIMEOUT}s"
    max_instance_request_concurrency = local.settings.CONCURRENCY
    session_affinity                 = true

    scaling {
      min_instance_count = local.min_instances
      max_instance_count = local.max_instances
    }

    containers {
      image = var.image
      ports {
        container_port = 8080
      }
      resources {
        limits = {
          cpu    = local.settings.CPU
          memory = local.settings.MEMORY
        }
        cpu_idle          = true
        startup_cpu_boost = true
      }

      env {
        name  = "REQUEST_TIMEOUT"
        value = local.settings.TIMEOUT
      }
      env {
        name  = "REDIS_CA_FILE"
        value = "${local.settings.REDIS_CA_FOLDER}/${local.settings.REDIS_CA_FILE}"
      }
      env {
        name = "SESSION_KEY"
        value_source {
          secret_key_ref {
            secret  = local.settings.SESSION_KEY_SECRET
            version = google_secret_manager_secret_version.session_key.version
          }
        }
      }
      env {
        name = "REDIS_URL"
        value_source {
          secret_key_ref {
            secret  = local.settings.REDIS_URL_SECRET
            version = google_secret_manager_secret_version.redis_url.version
          }
        }
      }
      volume_mounts {
        name       = "redis-ca"
        mount_path = local.settings.REDIS_CA_FOLDER
      }

      startup_probe {
        period_seconds    = local.settings.STARTUP_PERIOD
        failure_threshold = local.settings.STARTUP_FAILURES
        http_get {
          path = local.settings.STARTUP_PATH
          port = 8080
        }
      }
      liveness_probe {
        period_seconds    = local.settings.LIVENESS_PERIOD
        failure_threshold = local.settings.LIVENESS_FAILURES
        http_get {
          path = local.settings.LIVENESS_PATH
          port = 8080
        }
      }
    }

    volumes {
      name = "redis-ca"
      secret {
        secret = local.settings.REDIS_CA_SECRET
        items {
          version = google_secret_manager_secret_version.redis_ca.version
          path    = local.settings.REDIS_CA_FILE
        }
      }
    }

    vpc_access {
      egress    = "PRIVATE_RANGES_ONLY"
      connector = one(google_vpc_access_connector.chat[*].id)
      dynamic "network_interfaces" {
        for_each = var.connector ? [] : [1]
        content {
          network    = local.network
          subnetwork = local.subnet
        }
      }
    }
  }

  depends_on = [google_secret_manager_secret_iam_member.chat]
}

# Guests need no account with Google.
resource "google_cloud_run_v2_service_iam_member" "everybody" {
  name     = google_cloud_run_v2_service.chat.name
  location = google_cloud_run_v2_service.chat.location
  role     = "roles/run.invoker"
  member   = "allUsers"
}
