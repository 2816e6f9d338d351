output "url" {
  description = "Where Sala is."
  value       = google_cloud_run_v2_service.chat.uri
}

output "redis_host" {
  description = "The private address of Redis."
  value       = google_redis_instance.chat.host
}
