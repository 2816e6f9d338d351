use std::{io::IsTerminal, str::FromStr};

use tracing_subscriber::{EnvFilter, fmt};

use super::{ConfigError, Environment};

/// Log filter and format.
#[derive(Clone, Debug)]
pub struct LogConfig {
    /// `LOG_FORMAT`, `text` or `json`; default JSON on Cloud Run, text elsewhere.
    pub format: LogFormat,
    /// `RUST_LOG`, default `info`: a filter as tracing-subscriber's `EnvFilter` reads it, such as `warn,server=debug`.
    pub filter: String,
}

/// The format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Plain text.
    Text,
    /// One JSON object per line, with `severity` and `message` for Cloud Logging.
    Json,
}

impl FromStr for LogFormat {
    type Err = ();

    fn from_str(value: &str) -> Result<Self, ()> {
        match value {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(()),
        }
    }
}

impl LogConfig {
    pub(super) fn from(env: &Environment) -> Result<Self, ConfigError> {
        let default = if env.get("K_SERVICE").is_some() { LogFormat::Json } else { LogFormat::Text };
        let format = env.parse("LOG_FORMAT", default, "text or json", |_| true)?;
        let filter = env.get("RUST_LOG").unwrap_or("info").to_owned();
        match EnvFilter::try_new(&filter) {
            Ok(_) => Ok(Self { format, filter }),
            Err(_) => Err(ConfigError::new("RUST_LOG", &filter, "a filter such as info or warn,server=debug")),
        }
    }

    /// Starts logging to standard error. A second call in one process has no effect.
    pub fn start(&self) {
        let logs = fmt().with_env_filter(EnvFilter::new(&self.filter)).with_writer(std::io::stderr);
        let started = match self.format {
            LogFormat::Text => logs.with_ansi(std::io::stderr().is_terminal()).try_init(),
            LogFormat::Json => {
                use tracing_subscriber::{layer::SubscriberExt, util::SubscriberInitExt};
                tracing_subscriber::registry()
                    .with(EnvFilter::new(&self.filter))
                    .with(tracing_stackdriver::layer().with_writer(std::io::stderr))
                    .try_init()
                    .map_err(Into::into)
            }
        };
        if let Err(error) = started {
            tracing::debug!(%error, "logging was already started");
        }
    }
}
