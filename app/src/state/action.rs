use super::Chat;

/// What a person does.
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "on the server nobody does anything"))]
pub enum Action {
    /// Enters another room, or looks at one that is open.
    Enter(String),
    /// Leaves a room for good.
    Leave(String),
    /// Says something in the room on the screen.
    Say(String),
    /// Sends a message again that was refused.
    Retry(String),
    /// Throws a refused message away.
    Discard(String),
    /// Wants to see older messages.
    LookBack,
    /// Is typing.
    Write,
}

impl Chat {
    /// Does it: in the browser, where the connection is.
    pub fn act(self, action: Action) {
        #[cfg(feature = "hydrate")]
        crate::socket::act(self, &action);
        #[cfg(not(feature = "hydrate"))]
        drop(action);
    }
}
