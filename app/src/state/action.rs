use super::Chat;

/// What a person does.
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "on the server nobody does anything"))]
pub enum Action {
    /// Enters another room, or looks at one that is open.
    EnterRoom(String),
    /// Leaves a room for good.
    LeaveRoom(String),
    /// Wants to hear only of mentions in a room, or of everything again.
    ToggleMuted(String),
    /// Says something in the room on the screen, perhaps as an answer to the message of that number.
    Send(String, Option<u64>),
    /// Says something else instead, in the message of that number and key.
    Edit(u64, String, String),
    /// Takes the message of that number back.
    Delete(u64),
    /// Puts an emoji to the message of that number, or takes it off.
    React(u64, String, bool),
    /// Sends a message again that was refused.
    Retry(String),
    /// Throws a refused message away.
    Discard(String),
    /// Wants to see older messages.
    ShowOlder,
    /// Wants to see later messages.
    ShowNewer,
    /// Wants to see the latest message.
    ShowLatest,
    /// Wants to see the message of that number, in the room on the screen.
    GoToMessage(u64),
    /// Is typing.
    Typing,
}

/// What the message that is being written is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ComposerMode {
    /// It takes the place of a message of the writer's own.
    Edit {
        /// The number of that message.
        seq: u64,
        /// What it is known by, whatever its number becomes.
        key: String,
        /// What it says.
        text: String,
        /// What was in the field before.
        draft: String,
    },
    /// It answers a message.
    Reply {
        /// The number of that message.
        seq: u64,
        /// Who said that.
        name: String,
    },
}

impl Chat {
    /// Does it: in the browser, where the connection is.
    pub fn dispatch(self, action: Action) {
        #[cfg(feature = "hydrate")]
        crate::websocket::dispatch(self, &action);
        #[cfg(not(feature = "hydrate"))]
        drop(action);
    }

    /// Whether the person signs out after all. If so, nothing they wrote is left in this browser.
    pub fn confirm_sign_out(self) -> bool {
        #[cfg(feature = "hydrate")]
        let confirmed = crate::websocket::confirm_sign_out(self);
        #[cfg(not(feature = "hydrate"))]
        let confirmed = true;
        confirmed
    }

    /// Says something about what the person did, for some seconds.
    pub fn toast(self, words: &str) {
        #[cfg(feature = "hydrate")]
        if let Some(room) = self.room_untracked() {
            room.announce(words.to_owned());
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = words;
    }

    /// What the person has chosen about something in this browser.
    pub fn stored_choice(self, about: &str) -> Option<String> {
        #[cfg(feature = "hydrate")]
        let choice = crate::websocket::choice(about);
        #[cfg(not(feature = "hydrate"))]
        let choice = {
            _ = about;
            None
        };
        choice
    }

    /// Keeps what the person has chosen.
    pub fn store_choice(self, about: &str, choice: &str) {
        #[cfg(feature = "hydrate")]
        crate::websocket::store_choice(about, choice);
        #[cfg(not(feature = "hydrate"))]
        let _ = (about, choice);
    }

    /// What was written in a room and not sent.
    pub fn stored_draft(self, room: &str) -> Option<String> {
        #[cfg(feature = "hydrate")]
        let draft = crate::websocket::draft(room);
        #[cfg(not(feature = "hydrate"))]
        let draft = {
            _ = room;
            None
        };
        draft
    }

    /// Keeps what is written in a room, for as long as this tab is open.
    pub fn store_draft(self, room: &str, text: &str) {
        #[cfg(feature = "hydrate")]
        crate::websocket::store_draft(room, text);
        #[cfg(not(feature = "hydrate"))]
        let _ = (room, text);
    }
}
