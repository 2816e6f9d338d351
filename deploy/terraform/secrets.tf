# What is written here is not kept in the state. Terraform keeps the password of Redis there all the same, among the
# attributes of the instance, which is why the state has to be kept as a secret itself.

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
  # While one authority follows another there are two.
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
