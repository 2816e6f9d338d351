use protocol::Command;

use super::Chat;
use crate::page::RoomPage;

/// What a user asks of the page.
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "the server dispatches no actions"))]
pub enum Action {
    /// Shows a room, and joins it if it is not open.
    EnterRoom(String),
    /// Leaves a room.
    LeaveRoom(String),
    /// Mutes or unmutes a room. A muted room counts mentions only.
    ToggleMuted(String),
    /// Runs a command in the current room.
    Command(Command),
    /// Edits the message whose row has this key. The client needs the key because a loss of history reassigns seqs.
    Edit {
        /// The command, always [`Command::Edit`].
        command: Command,
        /// Key of the message's row.
        key: String,
    },
    /// Sends a failed command again, by its id.
    Retry(String),
    /// Discards a failed command, by its id.
    Discard(String),
    /// Renders older messages, and loads them if necessary.
    ShowOlder,
    /// Renders newer messages.
    ShowNewer,
    /// Renders the latest messages.
    ShowLatest,
    /// Scrolls to a message of the current room, by its seq.
    GoToMessage(u64),
    /// Reports that the user is typing.
    Typing,
}

/// What the page asks of the browser's side: the connection and the storage. Implemented by `websocket`.
pub trait ChatService: Sync {
    /// Connects, starting from the page as it was rendered.
    fn start(&self, chat: Chat, page: RoomPage);
    /// Carries out an action.
    fn dispatch(&self, chat: Chat, action: Action);
    /// Whether to sign out. Asks the user if unsent messages would be lost. If so, clears the user's storage.
    fn confirm_sign_out(&self, chat: Chat) -> bool;
    /// Reads a choice that was stored under a key.
    fn stored_choice(&self, key: &str) -> Option<String>;
    /// Stores a choice under a key.
    fn store_choice(&self, key: &str, value: &str);
    /// Reads the stored draft of a room.
    fn stored_draft(&self, room: &str) -> Option<String>;
    /// Stores the draft of a room for as long as the tab is open.
    fn store_draft(&self, room: &str, text: &str);
}

/// What the composer does when it sends. Without a mode it sends a new message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ComposerMode {
    /// Edits a message of the user's own.
    Edit {
        /// The message's seq.
        seq: u64,
        /// Key of the message's row.
        key: String,
        /// The text before the edit.
        text: String,
        /// What was in the field before the edit.
        draft: String,
    },
    /// Replies to a message.
    Reply {
        /// The message's seq.
        seq: u64,
        /// Name of the message's author.
        name: String,
    },
}

/// On the server there is no service, and these do nothing.
impl Chat {
    /// Carries out an action.
    pub fn dispatch(self, action: Action) {
        if let Some(service) = self.service {
            service.dispatch(self, action);
        }
    }

    /// Runs a command in the current room.
    pub fn command(self, command: Command) {
        self.dispatch(Action::Command(command));
    }

    /// Whether to sign out. If so, nothing of the user is left in this browser.
    pub fn confirm_sign_out(self) -> bool {
        self.service.is_none_or(|service| service.confirm_sign_out(self))
    }

    /// Reads a choice that was stored in this browser.
    pub fn stored_choice(self, key: &str) -> Option<String> {
        self.service?.stored_choice(key)
    }

    /// Stores a choice in this browser.
    pub fn store_choice(self, key: &str, value: &str) {
        if let Some(service) = self.service {
            service.store_choice(key, value);
        }
    }

    /// Reads the stored draft of a room.
    pub fn stored_draft(self, room: &str) -> Option<String> {
        self.service?.stored_draft(room)
    }

    /// Stores the draft of a room for as long as the tab is open.
    pub fn store_draft(self, room: &str, text: &str) {
        if let Some(service) = self.service {
            service.store_draft(room, text);
        }
    }
}
