/// Why the server closes a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum CloseCode {
    /// The client speaks a version that this server does not: reload the page.
    UnsupportedVersion = 4000,
    /// The session is missing or over.
    NotSignedIn = 4001,
    /// What came was not this protocol.
    NotThisProtocol = 4002,
    /// This person may not be here.
    Forbidden = 4003,
    /// The reader fell too far behind; it resumes from its cursor.
    TooSlow = 4100,
    /// The instance is full.
    Overloaded = 4101,
    /// Nothing came back for two heartbeats.
    HeartbeatMissed = 4102,
    /// The instance is shutting down.
    GoingAway = 4200,
}

impl From<CloseCode> for u16 {
    fn from(code: CloseCode) -> Self {
        code as u16
    }
}

/// What a client does after a close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClosePolicy {
    /// Stop, and tell the person.
    Stop,
    /// Come back after the back-off, or after what `retry` said.
    BackOff,
    /// Come back at once.
    AtOnce,
}

impl ClosePolicy {
    /// The reaction to a close code of the server's or of the WebSocket standard.
    #[must_use]
    pub const fn to(code: u16) -> Self {
        match code {
            4000..=4099 => Self::Stop,
            4200..=4299 => Self::AtOnce,
            _ => Self::BackOff,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_tells_what_to_do_by_its_range() {
        for (code, reaction) in [
            (CloseCode::NotSignedIn.into(), ClosePolicy::Stop),
            (CloseCode::NotThisProtocol.into(), ClosePolicy::Stop),
            (CloseCode::TooSlow.into(), ClosePolicy::BackOff),
            (CloseCode::GoingAway.into(), ClosePolicy::AtOnce),
            (1006, ClosePolicy::BackOff),
            (1011, ClosePolicy::BackOff),
            (4300, ClosePolicy::BackOff),
        ] {
            assert_eq!(ClosePolicy::to(code), reaction, "{code}");
        }
    }
}
