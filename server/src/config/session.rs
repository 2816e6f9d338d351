use super::{ConfigError, Environment};

/// Who signs the sessions.
#[derive(Clone)]
pub struct SessionConfig {
    /// `SESSION_KEY`, a secret of 32 bytes or more, the same on all instances. Without it the embedded backend keeps a random one
    /// in `DATA_DIR/session.key`. With Redis each instance makes one at its start, with a warning: everybody is signed out by a
    /// restart, and instances do not know each other's people.
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
