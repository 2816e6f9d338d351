use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use axum::http::uri::Authority;

use super::{ConfigError, Environment};

/// Addresses, origins, files and metrics.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// `HOST`, default 127.0.0.1 (0.0.0.0 on Cloud Run), and `PORT`, default 8080: the address to listen on.
    pub address: SocketAddr,
    /// `ALLOWED_ORIGINS`, default none: other hosts whose pages may open sockets, as `host` or `host:port`, separated
    /// by commas. The request's own host is always allowed.
    pub allowed_origins: Vec<Authority>,
    /// `LEPTOS_SITE_ROOT`, default `target/site`: the folder of the built site.
    pub site_root: String,
    /// `REQUEST_PATIENCE_MS`, default 30000: limit for the head of a request, and for its body with the response. Then
    /// the connection is closed.
    pub request_timeout: Duration,
    /// `METRICS_PORT`, default none: serves `/metrics` on a port of its own, at the address `HOST`.
    pub metrics_port: Option<u16>,
    /// `METRICS_TOKEN`, default none: serves `/metrics` on the main port to requests with this bearer token.
    pub metrics_token: Option<String>,
}

impl HttpConfig {
    pub(super) fn from(env: &Environment) -> Result<Self, ConfigError> {
        let host = if env.get("K_SERVICE").is_some() { Ipv4Addr::UNSPECIFIED } else { Ipv4Addr::LOCALHOST };
        let host = env.parse("HOST", IpAddr::V4(host), "an IP address, such as 127.0.0.1 or 0.0.0.0", |_| true)?;
        let port = env.parse("PORT", 8080, "a port from 0 to 65535, where 0 takes a free one", |_| true)?;
        let request_timeout = env.parse_in("REQUEST_PATIENCE_MS", 30_000, "a number of milliseconds", 100..=600_000)?;
        let metrics_port: u16 = env.parse_in("METRICS_PORT", 0, "a port", 1..=65_535)?;
        let metrics_token = env.get("METRICS_TOKEN").map(str::to_owned);
        // A header cannot carry other characters.
        let is_secret = |token: &String| token.len() >= 16 && token.bytes().all(|byte| byte.is_ascii_graphic());
        if metrics_token.as_ref().is_some_and(|token| !is_secret(token)) {
            return Err(ConfigError::secret("METRICS_TOKEN", "a secret of 16 visible ASCII characters or more"));
        }
        Ok(Self {
            address: SocketAddr::new(host, port),
            allowed_origins: origins(env)?,
            site_root: env.get("LEPTOS_SITE_ROOT").unwrap_or("target/site").to_owned(),
            request_timeout: Duration::from_millis(request_timeout),
            metrics_port: (metrics_port > 0).then_some(metrics_port),
            metrics_token,
        })
    }
}

fn origins(env: &Environment) -> Result<Vec<Authority>, ConfigError> {
    let list = env.get("ALLOWED_ORIGINS").unwrap_or_default();
    let hosts = list.split(',').map(str::trim).filter(|host| !host.is_empty());
    hosts
        .map(|host| {
            host.parse().map_err(|_| {
                ConfigError::new("ALLOWED_ORIGINS", host, "a list of hosts, such as chat.example.org,localhost:3000")
            })
        })
        .collect()
}
