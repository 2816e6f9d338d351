use protocol::{Command, Event, Head, User};

use crate::{PendingCommand, TimelineDiff};

/// The time and the randomness of an input, which the client takes as arguments.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Context {
    /// Milliseconds on a clock that rarely goes back, with any origin.
    pub now: u64,
    /// Uniform in `[0, 1)`.
    pub random: f64,
}

/// A room as the server rendered it into the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The room's epoch.
    pub epoch: String,
    /// The latest events, oldest first.
    pub events: Vec<Event>,
    /// The head of the room.
    pub head: Head,
    /// The people who are present, as far as they are listed.
    pub people: Vec<User>,
    /// How many people are present.
    pub count: u64,
    /// The `seq` of the person's read marker, if it is known.
    pub read: Option<u64>,
}

/// An input of the client. A socket is identified by the number that [`Effect::Connect`] gave to it. Inputs about a
/// socket that was closed have no effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input<'a> {
    /// Open the first socket.
    Start,
    /// A text message was received.
    Frame {
        /// The socket.
        socket: u32,
        /// The message.
        text: &'a str,
    },
    /// A socket is closed or failed.
    Closed {
        /// The socket.
        socket: u32,
        /// The close code; 1006 if none is known.
        code: u16,
    },
    /// The [`deadline`](crate::Client::deadline) has passed. A spurious call has no effect.
    Timeout,
    /// The browser reports that it is online.
    Online,
    /// The browser reports that it is offline.
    Offline,
    /// The person looks at the page again.
    Visible,
    /// Leave a room and drop its timeline. Pending commands wait for the next visit.
    Leave {
        /// The room.
        room: &'a str,
    },
    /// Run a command of the person. The target of an edit, a deletion or a reaction must be loaded.
    Command {
        /// The room.
        room: &'a str,
        /// A fresh id: 1–64 characters of `A–Z a–z 0–9 - _`.
        id: String,
        /// The command. The client fills in the `uid` of the message that it refers to.
        command: Command,
        /// For an edit, the [`TimelineItem::key`] of the message. The `seq` of the message may belong to another
        /// message by now. If the message is no longer shown, the text is shown as a new message that has failed.
        key: Option<&'a str>,
    },
    /// Send a failed command again with the same id.
    Retry {
        /// The room.
        room: &'a str,
        /// The id of the command.
        id: &'a str,
    },
    /// Discard a failed command.
    Discard {
        /// The room.
        room: &'a str,
        /// The id of the command.
        id: &'a str,
    },
    /// Load older messages. Only one request is in flight at a time, and none is sent at the start of the room.
    LoadOlder {
        /// The room.
        room: &'a str,
    },
    /// The person is typing.
    Typing {
        /// The room.
        room: &'a str,
    },
    /// The person looks at the room, so all of it is read. The server is told at most once a second.
    Read {
        /// The room.
        room: &'a str,
    },
}

/// An effect that the driver has to run. Effects are run in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Open a socket with this number, beside the open ones. Nothing is sent on it before its `welcome`.
    Connect(u32),
    /// Send a text message.
    Transmit {
        /// The socket.
        socket: u32,
        /// The message.
        text: String,
    },
    /// Close a socket. Its later events are ignored.
    Close {
        /// The socket.
        socket: u32,
        /// The close code.
        code: u16,
    },
    /// Persist a command. Replaces a persisted command with the same room and id.
    StoreCommand(PendingCommand),
    /// Remove a persisted command. It may be removed already.
    RemoveCommand {
        /// The room.
        room: String,
        /// The id of the command.
        id: String,
    },
    /// Notify the person that a new message mentions them, unless they see it.
    Mentioned {
        /// The room.
        room: String,
        /// The name of the message's author.
        author: String,
        /// The text of the message.
        text: String,
    },
    /// Update the timeline of a room. Returned at most once per room and input.
    TimelineChanged {
        /// The room.
        room: String,
        /// How the items have changed. Empty if only [`Room::history_state`](crate::Room::history_state) has.
        diffs: Vec<TimelineDiff>,
    },
    /// Render something again. Each change is returned at most once per input.
    Changed(StateChange),
}

/// A part of the state that has changed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StateChange {
    /// [`Client::connection_status`](crate::Client::connection_status).
    Connection,
    /// The list of rooms, and their [`unread`](crate::Room::unread) and [`refusal`](crate::Room::refusal).
    Rooms,
    /// [`people`](crate::Room::people) or [`count`](crate::Room::count) of a room.
    People(String),
    /// [`typing`](crate::Room::typing) in a room.
    Typing(String),
}
