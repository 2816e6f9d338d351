use std::{net::Ipv6Addr, path::PathBuf};

use super::{ConfigError, Environment};

/// Where rooms live. Redis is chosen by `REDIS_URL`, or by `REDISHOST` and `REDISPORT` as in Google's tutorial.
#[derive(Clone, Debug)]
pub enum BackendConfig {
    /// SQLite and a relay within the process.
    Embedded {
        /// `DATA_DIR`, default `data`: the folder of the database.
        data_dir: PathBuf,
        /// `HISTORY_LIMIT`, default 10000: messages kept per room, from 100 to 1000000.
        history_limit: usize,
    },
    /// Redis, shared by any number of instances.
    Redis {
        /// `REDIS_URL`, such as `redis://:password@host:6379/0`; or `REDISHOST`, and `REDISPORT` with default 6379.
        url: String,
        /// `HISTORY_LIMIT`, as above.
        history_limit: usize,
    },
}

impl BackendConfig {
    pub(super) fn from(env: &Environment) -> Result<Self, ConfigError> {
        let allowed = 100..=1_000_000;
        let history_limit =
            env.parse("HISTORY_LIMIT", 10_000, "a number from 100 to 1000000", |n| allowed.contains(n))?;
        let port: u16 = env.parse("REDISPORT", 6379, "a port from 1 to 65535", |port| *port > 0)?;
        let url = match (env.get("REDIS_URL"), env.get("REDISHOST")) {
            (Some(url), _) => Some(url.to_owned()),
            (None, Some(host)) if is_host(host) => Some(format!("redis://{host}:{port}")),
            (None, Some(host)) => {
                let allowed = "a host name or an IP address, without a port (REDISPORT) or a scheme (REDIS_URL)";
                return Err(ConfigError::new("REDISHOST", host, allowed));
            }
            (None, None) => None,
        };
        Ok(match url {
            None => {
                let data_dir = env.get("DATA_DIR").unwrap_or("data").into();
                Self::Embedded { data_dir, history_limit }
            }
            Some(url) if redis::Client::open(url.as_str()).is_ok() => Self::Redis { url, history_limit },
            Some(_) => return Err(ConfigError::secret("REDIS_URL", "an address such as redis://:password@host:6379")),
        })
    }
}

fn is_host(host: &str) -> bool {
    let is_name = |host: &str| host.chars().all(|c| c.is_ascii_alphanumeric() || ['-', '.', '_'].contains(&c));
    let is_v6 = || host.strip_prefix('[').and_then(|host| host.strip_suffix(']')?.parse::<Ipv6Addr>().ok()).is_some();
    is_name(host) || is_v6()
}
