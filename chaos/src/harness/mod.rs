//! The real processes of a run, and our own proxies between them. Everything listens on the loopback interface only, and
//! ends with the value that stands for it.

mod accept;
mod cloud_run;
mod eviction_monitor;
mod fault_injector;
mod haproxy;
mod history_reader;
mod instance;
mod process;
mod redis;
mod redis_proxy;
mod resp;
mod sentinels;
mod tcp_proxy;

pub use cloud_run::{CloudRun, PlatformCommand, PlatformEvent, ServiceConfig, ServiceStatus};
pub use eviction_monitor::EvictionMonitor;
pub use fault_injector::FaultConfig;
pub use haproxy::Haproxy;
pub use history_reader::{HistoryReader, key};
pub use instance::{EnvVars, Instance, WITHOUT, metric, wide_limits};
pub use process::free_port;
pub use redis::RedisServer;
pub use redis_proxy::RedisProxy;
pub use sentinels::Sentinels;
pub use tcp_proxy::TcpProxy;
