//! Reading environment variables.

use std::{collections::HashMap, fmt::Display, ops::RangeInclusive, str::FromStr};

/// A snapshot of environment variables.
#[derive(Clone, Debug, Default)]
pub struct Environment(HashMap<String, String>);

impl Environment {
    /// The variables of this process, without those that are not Unicode.
    #[must_use]
    pub fn of_process() -> Self {
        Self(
            std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .collect(),
        )
    }

    /// The value of a variable. An empty value counts as unset, because deployment files often cannot omit a variable.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Parses a variable, or returns `default` if it is unset. `allowed` completes the sentence "allowed is …".
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

    /// Parses a number in `range`, or returns `default` if it is unset. `kind` begins the description of what is allowed.
    pub(super) fn parse_in<T: FromStr + PartialOrd + Display>(
        &self,
        name: &'static str,
        default: T,
        kind: &str,
        range: RangeInclusive<T>,
    ) -> Result<T, ConfigError> {
        let allowed = format!("{kind} from {} to {}", range.start(), range.end());
        self.parse(name, default, allowed, |value| range.contains(value))
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Environment {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}

/// A variable with an invalid value.
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

    /// Hides the value, because it is secret.
    pub(super) fn secret(name: &'static str, allowed: impl Display) -> Self {
        Self { name, value: "(hidden)".into(), allowed: allowed.to_string() }
    }
}
