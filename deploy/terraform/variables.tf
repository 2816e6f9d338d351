# Where the default is null it is that of deploy/settings.

variable "project" {
  description = "The project to deploy to."
  type        = string
}

variable "image" {
  description = "The image of the server, as README.md says how to build it."
  type        = string
}

variable "region" {
  description = "One of deploy/regions."
  type        = string
  default     = null
  validation {
    condition     = var.region == null || contains(split("\n", file("${path.module}/../regions")), coalesce(var.region, "-"))
    error_message = "This is no region of Cloud Run; deploy/regions lists them."
  }
}

variable "tier" {
  description = "Of Redis: basic for trying out, standard with a replica for production."
  type        = string
  default     = null
  validation {
    condition     = contains(["basic", "standard"], coalesce(var.tier, "basic"))
    error_message = "Allowed is basic or standard."
  }
}

variable "size" {
  description = "GiB of Redis's memory."
  type        = number
  default     = null
}

variable "min_instances" {
  description = "How many instances of the server there are at least."
  type        = number
  default     = null
}

variable "max_instances" {
  description = "How many instances of the server there are at most."
  type        = number
  default     = null
}

variable "network" {
  description = "The network in which Redis is reached. It must exist."
  type        = string
  default     = null
}

variable "subnet" {
  description = "The subnet of that network, in the region, from which Direct VPC egress takes its addresses."
  type        = string
  default     = null
}

variable "connector" {
  description = "Reach Redis by a Serverless VPC Access connector, instead of Direct VPC egress."
  type        = bool
  default     = false
}

variable "connector_range" {
  description = "The addresses of the connector, a /28 that overlaps nothing."
  type        = string
  default     = null
}

variable "session_key_version" {
  description = "Another number makes a new session key, which signs everybody out."
  type        = number
  default     = 1
}
