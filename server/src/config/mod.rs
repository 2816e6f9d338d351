//! Configuration from environment variables, one struct per concern. An invalid value stops the start with a message
//! that names the variable, the value and what is allowed.

mod backend;
mod http;
mod limits;
mod log;
mod session;
mod var;

pub use backend::{BackendConfig, RedisConfig};
pub use http::HttpConfig;
pub use limits::LimitsConfig;
pub use log::{LogConfig, LogFormat};
pub use session::SessionConfig;
pub use var::{ConfigError, Environment};

/// The server's configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// Addresses, origins, files and metrics.
    pub http: HttpConfig,
    /// The key that signs sessions.
    pub session: SessionConfig,
    /// Limits for clients.
    pub limits: LimitsConfig,
    /// The backend.
    pub backend: BackendConfig,
    /// Log filter and format.
    pub log: LogConfig,
}

impl Config {
    /// Reads the environment of the process.
    ///
    /// # Errors
    /// The first invalid value.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from(&Environment::of_process())
    }

    /// Reads `env`.
    ///
    /// # Errors
    /// The first invalid value.
    pub fn from(env: &Environment) -> Result<Self, ConfigError> {
        Ok(Self {
            http: HttpConfig::from(env)?,
            session: SessionConfig::from(env)?,
            limits: LimitsConfig::from(env)?,
            backend: BackendConfig::from(env)?,
            log: LogConfig::from(env)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(pairs: &[(&str, &str)]) -> Result<Config, String> {
        Config::from(&pairs.iter().copied().collect()).map_err(|error| error.to_string())
    }

    #[test]
    fn an_empty_environment_selects_the_embedded_backend() {
        let config = config(&[("REDIS_URL", "")]).unwrap();
        assert_eq!(config.http.address.to_string(), "127.0.0.1:8080");
        assert!(matches!(config.backend, BackendConfig::Embedded { .. }));
        assert!(config.session.key.is_none());
    }

    #[test]
    fn cloud_run_listens_on_all_addresses_and_logs_json() {
        let config = config(&[("K_SERVICE", "chat"), ("PORT", "9000"), ("REDISHOST", "10.0.0.3")]).unwrap();
        assert_eq!(config.http.address.to_string(), "0.0.0.0:9000");
        assert_eq!(config.log.format, LogFormat::Json);
        let BackendConfig::Redis(settings) = config.backend else { panic!("redis") };
        assert_eq!(settings.url, "redis://10.0.0.3:6379");
    }

    #[test]
    fn an_invalid_value_is_named_with_what_is_allowed() {
        for (name, value) in [
            ("PORT", "http"),
            ("PORT", "70000"),
            ("HOST", "localhost"),
            ("SESSION_KEY", "short"),
            ("REDIS_URL", "http://redis"),
            ("REDIS_URL", "sentinel://redis"),
            ("REDIS_CA_FILE", "/nowhere"),
            ("REDIS_WAIT_REPLICAS", "-1"),
            ("REDIS_WAIT_MS", "60000"),
            ("REDISPORT", "x"),
            ("REDISHOST", "10.0.0.3:6380"),
            ("REDISHOST", "redis://10.0.0.3"),
            ("METRICS_TOKEN", "sixteen bytes or möre"),
            ("HISTORY_LIMIT", "0"),
            ("HEARTBEAT_MS", "1"),
            ("REQUEST_TIMEOUT", "5"),
            ("REQUEST_TIMEOUT", "1h"),
            ("LOG_FORMAT", "xml"),
            ("SENDS_PER_SECOND", "-1"),
            ("ALLOWED_ORIGINS", "https://"),
            ("METRICS_TOKEN", "x"),
            ("MAX_CONNECTIONS", "0"),
        ] {
            let message = config(&[("REDISHOST", "h"), (name, value)]).expect_err(name);
            assert!(message.contains(name) && message.contains("allowed"), "{message}");
        }
    }

    #[test]
    fn secrets_are_not_repeated() {
        for (name, value) in [("SESSION_KEY", "hunter2"), ("REDIS_URL", "http://:hunter2@redis")] {
            assert!(!config(&[(name, value)]).unwrap_err().contains("hunter2"));
        }
    }
}
