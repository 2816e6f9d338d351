use protocol::CloseCode;

/// The status of the connection, as the banner shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectionStatus {
    /// The first connection is being opened, and no attempt has failed.
    Starting,
    /// The connection is open and welcome.
    Live,
    /// The connection is lost. The client reconnects by itself.
    Away {
        /// When the next socket is opened. In the past while one is being opened.
        retry_at: u64,
        /// When the connection was lost, or first failed.
        since: u64,
    },
    /// The client does not reconnect.
    Stopped(StopReason),
}

/// Why the client does not reconnect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// The server has another version. The page must be reloaded.
    Reload,
    /// The session has ended or belongs to another person by now. The person must sign in again.
    SignIn,
    /// The client and the server do not speak the same protocol.
    Broken,
    /// The person has no access.
    Forbidden,
}

impl StopReason {
    /// The meaning of a close code of the range 4000–4099.
    pub(crate) fn from_code(code: u16) -> Self {
        const RELOAD: u16 = CloseCode::UnsupportedVersion as u16;
        const SIGN_IN: u16 = CloseCode::NotSignedIn as u16;
        const BROKEN: u16 = CloseCode::NotThisProtocol as u16;
        match code {
            RELOAD => Self::Reload,
            SIGN_IN => Self::SignIn,
            BROKEN => Self::Broken,
            _ => Self::Forbidden,
        }
    }
}
