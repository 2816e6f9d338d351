use super::{ConfigError, Environment};

/// The key that signs sessions.
#[derive(Clone)]
pub struct SessionConfig {
    /// `SESSION_KEY`: a secret of at least 32 bytes, the same on all instances. Without it the embedded backend stores
    /// a random key in `DATA_DIR/session.key`. With Redis each instance generates a key at start and logs a warning: a
    /// restart signs all users out, and instances do not accept each other's sessions.
    pub key: Option<String>,
}

impl std::fmt::Debug for SessionConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionConfig").field("key", &self.key.as_ref().map(|_| "(hidden)")).finish()
    }
}

impl SessionConfig {
    pub(super) fn from(env: &Environment) -> Result<Self, ConfigError> {
        match env.get("SESSION_KEY") {
            Some(key) if key.len() < 32 => Err(ConfigError::secret(
                "SESSION_KEY",
                "a secret of 32 bytes or more, for example from `openssl rand -hex 32`",
            )),
            key => Ok(Self { key: key.map(str::to_owned) }),
        }
    }
}
