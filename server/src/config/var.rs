//! Reading one variable.

use std::{collections::HashMap, fmt::Display, str::FromStr};

/// The variables that the configuration is read from.
#[derive(Clone, Debug, Default)]
pub struct Environment(HashMap<String, String>);

impl Environment {
    /// Those of this process. One that is not Unicode counts as absent.
    #[must_use]
    pub fn of_process() -> Self {
        Self(
            std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .collect(),
        )
    }

    /// The value of a variable. An empty one counts as absent, since deployment files often cannot leave one out.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The value of a variable as `T`, or `default` where it is not set. `allowed` completes the sentence "allowed is …".
    pub(super) fn parse<T: FromStr>(
        &self,
        name: &'static str,
        default: T,
        allowed: impl Display,
        is_allowed: impl FnOnce(&T) -> bool,
    ) -> Result<T, ConfigError> {
        let Some(value) = self.get(name) else { return Ok(default) };
        let parsed = value.parse().ok().filter(is_allowed);
        parsed.ok_or_else(|| ConfigError::new(name, value, allowed))
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Environment {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}

/// A variable that holds what it must not.
#[derive(Debug, thiserror::Error)]
#[error("{name}={value} cannot be used: allowed is {allowed}")]
pub struct ConfigError {
    name: &'static str,
    value: String,
    allowed: String,
}

impl ConfigError {
    pub(super) fn new(name: &'static str, value: &str, allowed: impl Display) -> Self {
        Self { name, value: format!("{value:?}"), allowed: allowed.to_string() }
    }

    /// For a value that nobody should read in a log.
    pub(super) fn secret(name: &'static str, allowed: impl Display) -> Self {
        Self { name, value: "(hidden)".into(), allowed: allowed.to_string() }
    }
}
