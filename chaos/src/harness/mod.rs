//! The real processes of a run, and the proxies between them. Everything listens on the loopback interface only, and ends
//! when the value that owns it is dropped.

mod client_proxy;
mod cloud_run;
mod fault_injector;
mod haproxy;
mod instance;
mod redis;
mod redis_proxy;
mod resp;

pub use client_proxy::ClientProxy;
pub use cloud_run::{CloudRun, Platform, ServiceConfig};
pub use fault_injector::FaultConfig;
pub use haproxy::Haproxy;
pub use instance::{DISABLED_DEFENCE, EnvVars, is_ready, read_metric, start_instance, wide_limits};
pub use redis::{
    EvictionMonitor, SentinelProcesses, limit_memory, read_heads, read_history, room_key, start_replica, used_memory,
};
pub use redis_proxy::RedisProxy;
