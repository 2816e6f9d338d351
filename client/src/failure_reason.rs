use protocol::{Error, RefusalCode};

/// Why a command or a join failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FailureReason {
    /// The server refused it.
    Refused(RefusalCode),
    /// The outbox is full.
    OutboxFull,
    /// Its frame is larger than the server accepts.
    TooLarge,
    /// The history contained it and lost it.
    Lost,
    /// The message to be edited is no longer shown.
    TargetGone,
    /// The reason is unknown to this version. The text is in English.
    Other(String),
}

impl FailureReason {
    /// The reason for a refusal by the server.
    pub(crate) fn of(code: RefusalCode, message: String) -> Self {
        if code == RefusalCode::Unknown { Self::Other(message) } else { Self::Refused(code) }
    }

    /// Encodes the reason, to be persisted.
    pub(crate) fn encode(&self) -> &str {
        match self {
            Self::Refused(code) => code.as_str(),
            Self::OutboxFull => "crowded",
            Self::TooLarge => "too_large",
            Self::Lost => "lost",
            Self::TargetGone => "gone",
            Self::Other(words) => words,
        }
    }

    /// Decodes a persisted reason. Earlier versions persisted sentences.
    pub(crate) fn decode(text: String) -> Self {
        match text.as_str() {
            "crowded" => Self::OutboxFull,
            "too_large" => Self::TooLarge,
            "lost" => Self::Lost,
            "gone" => Self::TargetGone,
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
    fn encoded_reasons_are_decoded_to_the_same_reason() {
        let told = FailureReason::Other("Not on Sundays.".into());
        for why in [
            FailureReason::Refused(RefusalCode::Forbidden),
            FailureReason::OutboxFull,
            FailureReason::TooLarge,
            FailureReason::Lost,
            FailureReason::TargetGone,
            told,
        ] {
            assert_eq!(FailureReason::decode(why.encode().to_owned()), why);
        }
    }
}
