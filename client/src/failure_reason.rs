use protocol::{Error, RefusalCode};

/// FailureReason something was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FailureReason {
    /// It is against the rules of the server.
    Refused(RefusalCode),
    /// Too many messages wait to be sent.
    Crowded,
    /// It is larger than the server reads at once.
    TooLarge,
    /// The room's history had it, and lost it.
    Lost,
    /// The message that it was to take the place of is not here any more.
    Gone,
    /// For a reason that this version does not know, in English.
    Told(String),
}

impl FailureReason {
    /// What the server says.
    pub(crate) fn of(code: RefusalCode, message: String) -> Self {
        if code == RefusalCode::Unknown { Self::Told(message) } else { Self::Refused(code) }
    }

    /// As it is persisted.
    pub(crate) fn encode(&self) -> &str {
        match self {
            Self::Refused(code) => code.as_str(),
            Self::Crowded => "crowded",
            Self::TooLarge => "too_large",
            Self::Lost => "lost",
            Self::Gone => "gone",
            Self::Told(words) => words,
        }
    }

    /// Reads what was persisted. Earlier versions kept sentences.
    pub(crate) fn decode(text: String) -> Self {
        match text.as_str() {
            "crowded" => Self::Crowded,
            "too_large" => Self::TooLarge,
            "lost" => Self::Lost,
            "gone" => Self::Gone,
            name => Self::of(RefusalCode::named(name), text),
        }
    }
}

impl From<Error> for FailureReason {
    fn from(Error { code, message, .. }: Error) -> Self {
        Self::of(code, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_survives_a_reload() {
        let told = FailureReason::Told("Not on Sundays.".into());
        for why in [
            FailureReason::Refused(RefusalCode::Forbidden),
            FailureReason::Crowded,
            FailureReason::TooLarge,
            FailureReason::Lost,
            FailureReason::Gone,
            told,
        ] {
            assert_eq!(FailureReason::decode(why.encode().to_owned()), why);
        }
    }
}
