use protocol::CloseCode;

/// How the client stands with the server, for the banner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectionStatus {
    /// The first connection is on its way, and nothing went wrong yet.
    Starting,
    /// All is well.
    Live,
    /// The connection is lost, and comes back by itself.
    Away {
        /// When the next socket is opened; past while one is being opened.
        retry_at: u64,
        /// When the connection was lost, or first failed.
        since: u64,
    },
    /// It does not come back by itself.
    Stopped(StopReason),
}

/// FailureReason the client stopped for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// The server has another version: reload the page.
    Reload,
    /// The session is over, or another person's by now: sign in again.
    SignIn,
    /// The two do not understand each other.
    Broken,
    /// This person may not be here.
    Forbidden,
}

impl StopReason {
    /// What a close code of the range 4000–4099 means.
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
