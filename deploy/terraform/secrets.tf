# The state does not contain the session key. It contains the password of Redis, among the attributes of the instance, so
# the state itself is a secret.

ephemeral "random_password" "session_key" {
  length  = 64
  special = false
}

resource "google_secret_manager_secret" "chat" {
  for_each  = toset([local.settings.SESSION_KEY_SECRET, local.settings.REDIS_URL_SECRET, local.settings.REDIS_CA_SECRET])
  secret_id = each.value
  replication {
    auto {}
  }

  depends_on = [google_project_service.api]
}

resource "google_secret_manager_secret_version" "session_key" {
  secret                 = google_secret_manager_secret.chat[local.settings.SESSION_KEY_SECRET].id
  secret_data_wo         = ephemeral.random_password.session_key.result
  secret_data_wo_version = var.session_key_version
}

locals {
  redis     = google_redis_instance.chat
  redis_url = "rediss://:${local.redis.auth_string}@${local.redis.host}:${local.redis.port}"
  # There are two certificates while one replaces the other.
  redis_ca = join("\n", google_redis_instance.chat.server_ca_certs[*].cert)
}

resource "google_secret_manager_secret_version" "redis_url" {
  secret      = google_secret_manager_secret.chat[local.settings.REDIS_URL_SECRET].id
  secret_data = local.redis_url
}

resource "google_secret_manager_secret_version" "redis_ca" {
  secret      = google_secret_manager_secret.chat[local.settings.REDIS_CA_SECRET].id
  secret_data = local.redis_ca
}

# All that the service may do.
resource "google_service_account" "chat" {
  account_id   = local.settings.IDENTITY
  display_name = "Sala: runs the chat"

  depends_on = [google_project_service.api]
}

resource "google_secret_manager_secret_iam_member" "chat" {
  for_each  = google_secret_manager_secret.chat
  secret_id = each.value.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.chat.member
}
