use super::Chat;

/// What a person does.
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "on the server nobody does anything"))]
pub enum Action {
    /// Enters another room, or looks at one that is open.
    Enter(String),
    /// Leaves a room for good.
    Leave(String),
    /// Wants to hear only of mentions in a room, or of everything again.
    Mute(String),
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

    /// Whether the person signs out after all. If so, nothing they wrote is left in this browser.
    pub fn signs_out(self) -> bool {
        #[cfg(feature = "hydrate")]
        let signs_out = crate::socket::sign_out();
        #[cfg(not(feature = "hydrate"))]
        let signs_out = true;
        signs_out
    }

    /// What was written in a room and not sent.
    pub fn draft(self, room: &str) -> Option<String> {
        #[cfg(feature = "hydrate")]
        let draft = crate::socket::draft(room);
        #[cfg(not(feature = "hydrate"))]
        let draft = {
            _ = room;
            None
        };
        draft
    }

    /// Keeps what is written in a room, for as long as this tab is open.
    pub fn keep_draft(self, room: &str, text: &str) {
        #[cfg(feature = "hydrate")]
        crate::socket::keep_draft(room, text);
        #[cfg(not(feature = "hydrate"))]
        let _ = (room, text);
    }
}
