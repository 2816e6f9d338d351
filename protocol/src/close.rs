/// Why the server closes a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum CloseCode {
    /// The client speaks a version that the server does not support. The page must be reloaded.
    UnsupportedVersion = 4000,
    /// The session is missing or has ended.
    NotSignedIn = 4001,
    /// The client does not speak this protocol.
    NotThisProtocol = 4002,
    /// The person has no access.
    Forbidden = 4003,
    /// The client reads too slowly. It resumes from its cursor.
    TooSlow = 4100,
    /// The client has events that the history has lost. It learns of the fork when it joins again.
    HistoryLost = 4101,
    /// The client sent nothing for two heartbeats.
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
    /// Do not reconnect, and inform the person.
    Stop,
    /// Reconnect after the back-off, or after the delay of a `retry` frame.
    BackOff,
    /// Reconnect at once.
    AtOnce,
}

impl ClosePolicy {
    /// The policy for a close code of the server or of the WebSocket standard.
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
    fn range_of_a_close_code_decides_its_policy() {
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
