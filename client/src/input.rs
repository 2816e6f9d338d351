use protocol::{Event, Head, User};
use serde::{Deserialize, Serialize};

/// The outside world at the moment of an input: time and randomness are arguments.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// Milliseconds on a clock that hardly ever steps back, whatever its origin.
    pub now: u64,
    /// Uniform in `[0, 1)`.
    pub jitter: f64,
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
    /// Leave a room and forget what it showed; what is unsent there waits for the next visit.
    Leave {
        /// The room.
        room: &'a str,
    },
    /// Say something.
    Send {
        /// The room.
        room: &'a str,
        /// A fresh id: 1–64 characters of `A–Z a–z 0–9 - _`.
        id: String,
        /// What to say.
        text: String,
    },
    /// Send a failed message again, under its id.
    Retry {
        /// The room.
        room: &'a str,
        /// The message.
        id: &'a str,
    },
    /// Throw a failed message away.
    Discard {
        /// The room.
        room: &'a str,
        /// The message.
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
    /// The person looks at the room: nothing there is unread.
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
    /// Persist a message; the same again changes nothing.
    Keep(Unsent),
    /// Remove a message from what is persisted; it may be gone already.
    Forget {
        /// The room.
        room: String,
        /// The message.
        id: String,
    },
    /// Draw something again. Each at most once for an input.
    Changed(Change),
}

/// What looks different now.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// [`Client::link`](crate::Client::link).
    Link,
    /// Which rooms there are, and [`unread`](crate::Room::unread) and [`refusal`](crate::Room::refusal) of them.
    Rooms,
    /// What a room shows: [`lines`](crate::Room::lines), whether it is loaded, whether there is older, notice, refusal.
    Timeline(String),
    /// [`people`](crate::Room::people) or [`count`](crate::Room::count) of a room.
    People(String),
    /// [`typing`](crate::Room::typing) in a room.
    Typing(String),
}

/// A message that is not known to be in the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsent {
    /// The room.
    pub room: String,
    /// The client's id of it.
    pub id: String,
    /// What to say.
    pub text: String,
    /// When the person said it, on the clock of [`Moment::now`].
    pub at: u64,
    /// Why it was not taken, for people: it waits for them to send it again or to discard it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
}
