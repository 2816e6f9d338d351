use protocol::{Command, Event, Head, User};

use crate::PendingCommand;

/// The outside world at the moment of an input: time and randomness are arguments.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Context {
    /// Milliseconds on a clock that hardly ever steps back, whatever its origin.
    pub now: u64,
    /// Uniform in `[0, 1)`.
    pub random: f64,
}

/// A room as the server rendered it into the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The room's life.
    pub epoch: String,
    /// Its latest events, oldest first.
    pub events: Vec<Event>,
    /// Its last event.
    pub head: Head,
    /// Who is here.
    pub people: Vec<User>,
    /// How many are here.
    pub count: u64,
    /// Up to which number the person has read, if that is known.
    pub read: Option<u64>,
}

/// What happens to the client. Sockets have the numbers that [`Effect::Connect`] gave them; what is told of one that was
/// closed changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input<'a> {
    /// Open the first socket.
    Start,
    /// A text message came.
    Text {
        /// On which socket.
        socket: u32,
        /// The message.
        text: &'a str,
    },
    /// A socket is closed or failed.
    Closed {
        /// Which.
        socket: u32,
        /// Its code; 1006 where none is known.
        code: u16,
    },
    /// The [`deadline`](crate::Client::deadline) has come. A call too many does no harm.
    Due,
    /// The browser found a network.
    Online,
    /// The browser lost its network, as far as it can tell.
    Offline,
    /// The person looks at the page again.
    Visible,
    /// Leave a room and forget what it showed; what is pending there waits for the next visit.
    Leave {
        /// The room.
        room: &'a str,
    },
    /// Do what the person asks for. An edit, a deletion or a reaction is for a message that is shown.
    Command {
        /// The room.
        room: &'a str,
        /// A fresh id: 1–64 characters of `A–Z a–z 0–9 - _`.
        id: String,
        /// The command. The client fills in the `uid` of the message that it refers to.
        command: Command,
        /// Of an edit, the [`TimelineItem::key`](crate::TimelineItem::key) of the message, whose `seq` may be another
        /// message's by now. If the message is no longer shown, the text becomes a message of its own that is not sent.
        key: Option<&'a str>,
    },
    /// Send a message or a change that failed again, under its id.
    Retry {
        /// The room.
        room: &'a str,
        /// The id of the message or of the change.
        id: &'a str,
    },
    /// Throw a message or a change that failed away.
    Discard {
        /// The room.
        room: &'a str,
        /// The id of the message or of the change.
        id: &'a str,
    },
    /// Load older messages: one request at a time, none at the start of the room.
    Older {
        /// The room.
        room: &'a str,
    },
    /// The person is writing.
    Writing {
        /// The room.
        room: &'a str,
    },
    /// The person looks at the room: nothing there is unread. The server is told, once a second at most.
    Read {
        /// The room.
        room: &'a str,
    },
}

/// What the outside world has to do, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Open a socket under this number, beside those that are open. Nothing is sent on it before its `welcome`.
    Connect(u32),
    /// Send a text message.
    Transmit {
        /// On which socket.
        socket: u32,
        /// The message.
        text: String,
    },
    /// Close a socket, and hear no more of it.
    Close {
        /// Which.
        socket: u32,
        /// With which code.
        code: u16,
    },
    /// Persist a message or a change; the same again changes nothing.
    Keep(PendingCommand),
    /// Remove a message or a change from what is persisted; it may be gone already.
    Forget {
        /// The room.
        room: String,
        /// Its id.
        id: String,
    },
    /// Tell the person, unless they see it, that somebody mentions them in a message that just came.
    Mentioned {
        /// The room.
        room: String,
        /// The name of whoever said it.
        author: String,
        /// What they said.
        text: String,
    },
    /// Draw something again. Each at most once for an input.
    Changed(Change),
}

/// What looks different now.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// [`Client::link`](crate::Client::link).
    Connection,
    /// Which rooms there are, and [`unread`](crate::Room::unread) and [`refusal`](crate::Room::refusal) of them.
    Rooms,
    /// What a room shows: [`items`](crate::Room::items), whether it is loaded, whether there is older, notice, refusal.
    Timeline(String),
    /// [`people`](crate::Room::people) or [`count`](crate::Room::count) of a room.
    People(String),
    /// [`typing`](crate::Room::typing) in a room.
    Typing(String),
}
