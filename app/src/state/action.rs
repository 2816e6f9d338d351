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
    /// Says something in the room on the screen, perhaps as an answer to the message of that number.
    Say(String, Option<u64>),
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
    LookBack,
    /// Wants to see later messages.
    LookForward,
    /// Wants to see the latest message.
    CatchUp,
    /// Wants to see the message of that number, in the room on the screen.
    GoTo(u64),
    /// Is typing.
    Write,
}

/// What the message that is being written is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Context {
    /// It takes the place of a message of the writer's own.
    Edits {
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
    Answers {
        /// The number of that message.
        seq: u64,
        /// Who said that.
        name: String,
    },
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
        let signs_out = crate::socket::sign_out(self);
        #[cfg(not(feature = "hydrate"))]
        let signs_out = true;
        signs_out
    }

    /// Says something about what the person did, for some seconds.
    pub fn tell(self, words: &str) {
        #[cfg(feature = "hydrate")]
        if let Some(room) = self.room_now() {
            room.announce(words.to_owned());
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = words;
    }

    /// What the person has chosen about something in this browser.
    pub fn choice(self, about: &str) -> Option<String> {
        #[cfg(feature = "hydrate")]
        let choice = crate::socket::choice(about);
        #[cfg(not(feature = "hydrate"))]
        let choice = {
            _ = about;
            None
        };
        choice
    }

    /// Keeps what the person has chosen.
    pub fn keep_choice(self, about: &str, choice: &str) {
        #[cfg(feature = "hydrate")]
        crate::socket::keep_choice(about, choice);
        #[cfg(not(feature = "hydrate"))]
        let _ = (about, choice);
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
