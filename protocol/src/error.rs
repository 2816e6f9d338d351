use std::fmt;

use serde::{Deserialize, Serialize};

use crate::limits;

/// The machine-readable reason of a `refused` frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalCode {
    /// The type of the frame is unknown, or its fields are missing or invalid.
    BadFrame,
    /// The room's name is invalid.
    BadRoom,
    /// The id is not 1–64 characters of `A–Z a–z 0–9 - _`.
    BadId,
    /// The text has no visible characters.
    TextEmpty,
    /// The text is longer than [`limits::TEXT`].
    TextTooLong,
    /// The room was not joined on this socket.
    NotJoined,
    /// Requests came too fast. `retry_after_ms` tells when the next one is accepted.
    RateLimited,
    /// The socket has joined as many rooms as it may.
    TooManyRooms,
    /// The server cannot handle the request now and may be able to later. A retry with the same id is safe.
    Unavailable,
    /// The person has no permission.
    Forbidden,
    /// A code that this version does not know.
    #[serde(other)]
    Unknown,
}

impl RefusalCode {
    /// The code on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BadFrame => "bad_frame",
            Self::BadRoom => "bad_room",
            Self::BadId => "bad_id",
            Self::TextEmpty => "text_empty",
            Self::TextTooLong => "text_too_long",
            Self::NotJoined => "not_joined",
            Self::RateLimited => "rate_limited",
            Self::TooManyRooms => "too_many_rooms",
            Self::Unavailable => "unavailable",
            Self::Forbidden => "forbidden",
            Self::Unknown => "unknown",
        }
    }

    /// Parses a code on the wire.
    #[must_use]
    pub fn named(name: &str) -> Self {
        match name {
            "bad_frame" => Self::BadFrame,
            "bad_room" => Self::BadRoom,
            "bad_id" => Self::BadId,
            "text_empty" => Self::TextEmpty,
            "text_too_long" => Self::TextTooLong,
            "not_joined" => Self::NotJoined,
            "rate_limited" => Self::RateLimited,
            "too_many_rooms" => Self::TooManyRooms,
            "unavailable" => Self::Unavailable,
            "forbidden" => Self::Forbidden,
            _ => Self::Unknown,
        }
    }

    /// Whether the same request may succeed later, unchanged.
    #[must_use]
    pub const fn is_temporary(self) -> bool {
        matches!(self, Self::RateLimited | Self::Unavailable | Self::NotJoined)
    }
}

/// The refusal of a request, with a message on which a person can act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The reason, for programs.
    pub code: RefusalCode,
    /// The reason, for people.
    pub message: String,
    /// The delay after which a retry can succeed, in milliseconds, if the server knows it.
    pub retry_after_ms: Option<u64>,
}

impl Error {
    /// An error without a delay for a retry.
    pub fn new(code: RefusalCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), retry_after_ms: None }
    }

    /// The error for requests that come too fast.
    #[must_use]
    pub fn rate_limited(retry_after_ms: u64) -> Self {
        Self { retry_after_ms: Some(retry_after_ms), ..Self::new(RefusalCode::RateLimited, "Slow down a little.") }
    }

    /// The error for a history that is unavailable at the moment.
    #[must_use]
    pub fn unavailable(retry_after_ms: u64) -> Self {
        Self {
            retry_after_ms: Some(retry_after_ms),
            ..Self::new(
                RefusalCode::Unavailable,
                "The room's history cannot be reached just now. Nothing is lost; it is tried again.",
            )
        }
    }

    pub(crate) fn text_too_long() -> Self {
        Self::new(RefusalCode::TextTooLong, format!("A message can have {} characters at most.", limits::TEXT))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
