//! Processes, proxies and clients for programs that test Sala from outside: the tests of `server`, the load generator
//! (`bench`) and the fault suite (`chaos`). No crate of the product depends on it.
//!
//! Everything listens on the loopback interface only, on a free port. Every process is killed, and every temporary
//! directory removed, when the value that owns it is dropped.

mod http;
mod process;
mod redis_server;
mod report;
mod sala_server;
mod subscriber_proxy;
mod tcp_proxy;
mod websocket;

pub use http::{HttpConnection, Request, Response};
pub use process::{Process, free_port};
pub use redis_server::RedisServer;
pub use report::{markdown_table, percentile};
pub use sala_server::SalaServer;
pub use subscriber_proxy::SubscriberProxy;
pub use tcp_proxy::{TcpProxy, accept_connections, until_either_ends};
pub use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
pub use websocket::{Received, WebSocket};
