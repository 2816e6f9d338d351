use std::{net::Ipv6Addr, path::PathBuf, time::Duration};

use super::{ConfigError, Environment};

/// Which backend to use. `REDIS_URL` selects Redis, or `REDISHOST` and `REDISPORT` as in Google's tutorial.
#[derive(Clone, Debug)]
pub enum BackendConfig {
    /// SQLite, with a relay within the process.
    Embedded {
        /// `DATA_DIR`, default `data`: the folder of the database.
        data_dir: PathBuf,
        /// `HISTORY_LIMIT`, default 10000: events kept per room, from 100 to 1000000.
        history_limit: usize,
    },
    /// Redis, shared by any number of instances.
    Redis(RedisConfig),
}

/// How to connect to Redis, and how much it stores.
#[derive(Clone, Default)]
pub struct RedisConfig {
    /// `REDIS_URL`: `redis://:password@host:6379/0`, or `rediss://` for TLS. Behind Sentinels
    /// `redis+sentinel://:password@host:26379,host:26379/master`, and for a cluster some of its nodes,
    /// `redis+cluster://:password@host:6379,host:6379`; both also with `rediss`. Or `REDISHOST`, and `REDISPORT` with
    /// default 6379.
    pub url: String,
    /// `REDIS_CA_FILE`, default the system's: certificate authorities for TLS, as PEM.
    pub ca: Option<Vec<u8>>,
    /// `HISTORY_LIMIT`, default 10000: events kept per room, from 100 to 1000000.
    pub history_limit: usize,
    /// `REDIS_WAIT_REPLICAS`, default 0, and `REDIS_WAIT_MS`, default 1000: how many replicas must have an event before
    /// it is acknowledged, and how long they may take.
    pub replicas: Option<(u32, Duration)>,
}

impl RedisConfig {
    /// The defaults with this URL.
    #[must_use]
    pub fn new(url: &str, history_limit: usize) -> Self {
        Self { url: url.to_owned(), history_limit, ..Self::default() }
    }
}

/// Leaves out the URL, which contains the password.
impl std::fmt::Debug for RedisConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisConfig").field("history_limit", &self.history_limit).finish_non_exhaustive()
    }
}

const SCHEMES: [&str; 6] =
    ["redis://", "rediss://", "redis+sentinel://", "rediss+sentinel://", "redis+cluster://", "rediss+cluster://"];

impl BackendConfig {
    pub(super) fn from(env: &Environment) -> Result<Self, ConfigError> {
        let history_limit = env.parse_in("HISTORY_LIMIT", 10_000, "a number", 100..=1_000_000)?;
        let Some(url) = url(env)? else {
            let data_dir = env.get("DATA_DIR").unwrap_or("data").into();
            return Ok(Self::Embedded { data_dir, history_limit });
        };
        let ca = env.get("REDIS_CA_FILE").map(|file| {
            std::fs::read(file)
                .map_err(|error| ConfigError::new("REDIS_CA_FILE", file, format!("a file that can be read ({error})")))
        });
        Ok(Self::Redis(RedisConfig { url, ca: ca.transpose()?, history_limit, replicas: replicas(env)? }))
    }
}

fn url(env: &Environment) -> Result<Option<String>, ConfigError> {
    let port: u16 = env.parse_in("REDISPORT", 6379, "a port", 1..=65_535)?;
    match (env.get("REDIS_URL"), env.get("REDISHOST")) {
        (Some(url), _) if SCHEMES.iter().any(|scheme| url.starts_with(scheme)) => Ok(Some(url.to_owned())),
        (Some(_), _) => {
            let allowed = "an address such as redis://:password@host:6379, rediss://host, redis+sentinel://host/master \
                           or redis+cluster://host,host";
            Err(ConfigError::secret("REDIS_URL", allowed))
        }
        (None, Some(host)) if is_host(host) => Ok(Some(format!("redis://{host}:{port}"))),
        (None, Some(host)) => {
            let allowed = "a host name or an IP address, without a port (REDISPORT) or a scheme (REDIS_URL)";
            Err(ConfigError::new("REDISHOST", host, allowed))
        }
        (None, None) => Ok(None),
    }
}

fn replicas(env: &Environment) -> Result<Option<(u32, Duration)>, ConfigError> {
    let count = env.parse_in("REDIS_WAIT_REPLICAS", 0, "a number", 0..=10)?;
    let wait = env.parse_in("REDIS_WAIT_MS", 1_000, "a number of milliseconds", 1..=1_500)?;
    Ok((count > 0).then(|| (count, Duration::from_millis(wait))))
}

fn is_host(host: &str) -> bool {
    let is_name = |host: &str| host.chars().all(|c| c.is_ascii_alphanumeric() || ['-', '.', '_'].contains(&c));
    let is_v6 = || host.strip_prefix('[').and_then(|host| host.strip_suffix(']')?.parse::<Ipv6Addr>().ok()).is_some();
    is_name(host) || is_v6()
}
