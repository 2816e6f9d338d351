//! The real processes of a run, and our own proxies between them. Everything listens on the loopback interface only, and
//! ends with the value that stands for it.

mod accept;
mod archive;
mod cloud_run;
mod door;
mod evictions;
mod haproxy;
mod instance;
mod mischief;
mod process;
mod redis;
mod resp;
mod sentinels;
mod wire;

pub use archive::{Archive, key};
pub use cloud_run::{CloudRun, Event, Order, Service, Status};
pub use door::Door;
pub use evictions::Evictions;
pub use haproxy::Haproxy;
pub use instance::{Instance, Settings, WITHOUT, metric, wide_limits};
pub use mischief::Mischief;
pub use process::free_port;
pub use redis::Redis;
pub use sentinels::Sentinels;
pub use wire::Wire;
