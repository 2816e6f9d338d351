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
    fn start(&self, _chat: Chat, _page: RoomPage) {}
    /// Carries out an action.
    fn dispatch(&self, _chat: Chat, _action: Action) {}
    /// Whether to sign out. Asks the user if unsent messages would be lost. If so, clears the user's storage.
    fn confirm_sign_out(&self, _chat: Chat) -> bool {
        true
    }
    /// Reads a choice that was stored under a key.
    fn stored_choice(&self, _key: &str) -> Option<String> {
        None
    }
    /// Stores a choice under a key.
    fn store_choice(&self, _key: &str, _value: &str) {}
    /// Reads the stored draft of a room.
    fn stored_draft(&self, _room: &str) -> Option<String> {
        None
    }
    /// Stores the draft of a room for as long as the tab is open.
    fn store_draft(&self, _room: &str, _text: &str) {}
}

/// The service on the server, which does nothing.
#[cfg(not(feature = "hydrate"))]
pub struct NoService;

#[cfg(not(feature = "hydrate"))]
impl ChatService for NoService {}

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

impl Chat {
    /// Carries out an action.
    pub fn dispatch(self, action: Action) {
        self.service.dispatch(self, action);
    }

    /// Runs a command in the current room.
    pub fn command(self, command: Command) {
        self.dispatch(Action::Command(command));
    }
}
