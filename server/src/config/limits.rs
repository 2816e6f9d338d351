use std::time::Duration;

use super::{ConfigError, Environment};

/// Limits for clients.
#[derive(Clone, Debug)]
pub struct LimitsConfig {
    /// `MAX_CONNECTIONS`, default 10000: open sockets on this instance; more are answered with 503.
    pub connections: usize,
    /// `ACCEPTS_PER_SECOND`, default 500: sustained rate of new sockets on this instance; more are answered with 503,
    /// so that many clients that reconnect at once are spread out.
    pub accepts_per_second: f64,
    /// `ACCEPTS_BURST`, default 1000: new sockets accepted at once.
    pub accepts_burst: f64,
    /// `MAX_ROOMS`, default 50: rooms per socket.
    pub rooms: usize,
    /// `SENDS_PER_SECOND`, default 20: sustained rate of messages, and changes to them, per user on this instance.
    pub sends_per_second: f64,
    /// `SENDS_BURST`, default 60: messages, and changes to them, that one user may send at once.
    pub sends_burst: f64,
    /// `JOINS_PER_SECOND`, default 5: sustained rate of joins per user on this instance.
    pub joins_per_second: f64,
    /// `JOINS_BURST`, default 200: joins that one user may make at once, over all sockets.
    pub joins_burst: f64,
    /// `FRAMES_PER_SECOND`, default 100: sustained rate of frames of any kind per socket.
    pub frames_per_second: f64,
    /// `FRAMES_BURST`, default 300: frames of any kind that one socket may send at once.
    pub frames_burst: f64,
    /// `HEARTBEAT_MS`, default 25000: idle time before a `tick` is sent; twice that time of silence closes a socket.
    pub heartbeat: Duration,
    /// `REQUEST_TIMEOUT`, default 3600: seconds after which the platform cuts a socket, as Cloud Run does. Clients are
    /// asked to change to another socket before that. 0: no such limit.
    pub socket_lifetime: Option<Duration>,
}

impl LimitsConfig {
    pub(super) fn from(env: &Environment) -> Result<Self, ConfigError> {
        let count = |name, default| env.parse(name, default, "a whole number from 1", |n: &usize| *n > 0);
        let rate = |name, default| env.parse_in(name, default, "a number", 0.1..=1_000_000.0);
        let burst = |name, default| env.parse_in(name, default, "a number", 1.0..=1_000_000.0);
        let heartbeat = env.parse_in("HEARTBEAT_MS", 25_000, "a number of milliseconds", 100..=600_000)?;
        let allowed = "0 or a number of seconds from 10 to 86400";
        let socket_lifetime = env.parse("REQUEST_TIMEOUT", 3_600, allowed, |seconds: &u64| {
            *seconds == 0 || (10..=86_400).contains(seconds)
        })?;
        Ok(Self {
            connections: count("MAX_CONNECTIONS", 10_000)?,
            accepts_per_second: rate("ACCEPTS_PER_SECOND", 500.0)?,
            accepts_burst: burst("ACCEPTS_BURST", 1_000.0)?,
            rooms: count("MAX_ROOMS", 50)?,
            sends_per_second: rate("SENDS_PER_SECOND", 20.0)?,
            sends_burst: burst("SENDS_BURST", 60.0)?,
            joins_per_second: rate("JOINS_PER_SECOND", 5.0)?,
            joins_burst: burst("JOINS_BURST", 200.0)?,
            frames_per_second: rate("FRAMES_PER_SECOND", 100.0)?,
            frames_burst: burst("FRAMES_BURST", 300.0)?,
            heartbeat: Duration::from_millis(heartbeat),
            socket_lifetime: (socket_lifetime > 0).then(|| Duration::from_secs(socket_lifetime)),
        })
    }
}
