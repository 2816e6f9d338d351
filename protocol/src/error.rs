use std::fmt;

use crate::limits;

/// Declares an enum of names on the wire. `Unknown` stands for a name that this version does not know.
macro_rules! wire_names {
    ($(#[$doc:meta])* pub enum $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// The name on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }

            /// Parses a name on the wire.
            #[must_use]
            pub fn named(name: &str) -> Self {
                match name {
                    $($text => Self::$variant,)*
                    _ => Self::Unknown,
                }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <String as serde::Deserialize>::deserialize(deserializer).map(|name| Self::named(&name))
            }
        }
    };
}
pub(crate) use wire_names;

wire_names! {
    /// The machine-readable reason of a `refused` frame.
    pub enum RefusalCode {
        /// The type of the frame is unknown, or its fields are missing or invalid.
        BadFrame = "bad_frame",
        /// The room's name is invalid.
        BadRoom = "bad_room",
        /// The id is not 1–64 characters of `A–Z a–z 0–9 - _`.
        BadId = "bad_id",
        /// The text has no visible characters.
        TextEmpty = "text_empty",
        /// The text is longer than [`limits::TEXT`].
        TextTooLong = "text_too_long",
        /// The room was not joined on this socket.
        NotJoined = "not_joined",
        /// Requests came too fast. `retry_after_ms` tells when the next one is accepted.
        RateLimited = "rate_limited",
        /// The socket has joined as many rooms as it may.
        TooManyRooms = "too_many_rooms",
        /// The server cannot handle the request now and may be able to later. A retry with the same id is safe.
        Unavailable = "unavailable",
        /// The person has no permission.
        Forbidden = "forbidden",
        /// A code that this version does not know.
        Unknown = "unknown",
    }
}

impl RefusalCode {
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
