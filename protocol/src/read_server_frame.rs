//! Reading what the server sends: one flat structure that has the fields of all frames, then the frame that its `type` names.
//!
//! Miniserde instead of serde, whose code for this would be a tenth of what browsers load: it is generated anew for each
//! type, and it can say of everything what is wrong with it, which nobody here would read.

use miniserde::{Deserialize, Error, json};

use crate::event::Details;
use crate::{Event, Head, Kind, Limits, Reason, RefusalCode, Reply, ServerFrame, User};

#[derive(Deserialize)]
struct Flat {
    r#type: String,
    after_ms: Option<u64>,
    at: Option<u64>,
    author: Option<User>,
    before: Option<u64>,
    code: Option<String>,
    count: Option<u64>,
    emoji: Option<String>,
    epoch: Option<String>,
    events: Option<Vec<Event>>,
    head: Option<Head>,
    heartbeat_ms: Option<u64>,
    id: Option<String>,
    joined: Option<Vec<User>>,
    kind: Option<String>,
    left: Option<Vec<String>>,
    limits: Option<Limits>,
    message: Option<String>,
    on: Option<bool>,
    people: Option<Vec<User>>,
    prev: Option<String>,
    re: Option<String>,
    read: Option<u64>,
    reason: Option<String>,
    recovered: Option<bool>,
    reply: Option<Reply>,
    retry_after_ms: Option<u64>,
    room: Option<String>,
    seq: Option<u64>,
    start: Option<bool>,
    target: Option<u64>,
    text: Option<String>,
    trimmed: Option<bool>,
    uid: Option<String>,
    user: Option<User>,
    version: Option<String>,
    within_ms: Option<u64>,
}

impl ServerFrame {
    /// Reads one text message. Unknown fields, frames and kinds of event are ignored.
    ///
    /// # Errors
    /// The peer is broken, no Sala server, or so new that it gives a known field another meaning.
    pub fn decode(text: &str) -> Result<Self, Error> {
        json::from_str::<Flat>(text)?.frame().ok_or(Error)
    }
}

impl Flat {
    fn frame(self) -> Option<ServerFrame> {
        let flat = self;
        Some(match flat.r#type.as_str() {
            "welcome" => ServerFrame::Welcome {
                user: flat.user?,
                heartbeat_ms: flat.heartbeat_ms?,
                limits: flat.limits?,
                version: flat.version?,
            },
            "joined" => return flat.joined(),
            "event" => return flat.event().map(ServerFrame::Event),
            "sent" => ServerFrame::Sent { room: flat.room?, id: flat.id?, seq: flat.seq?, at: flat.at? },
            "refused" => return flat.refused(),
            "reset" => ServerFrame::Reset {
                room: flat.room?,
                reason: Reason::named(&flat.reason?),
                epoch: flat.epoch?,
                events: flat.events?,
                head: flat.head?,
            },
            "history" => ServerFrame::History {
                room: flat.room?,
                before: flat.before,
                events: flat.events?,
                start: flat.start?,
                trimmed: flat.trimmed?,
            },
            "people" => ServerFrame::People {
                room: flat.room?,
                joined: flat.joined?,
                left: flat.left?,
                count: flat.count?,
                people: flat.people,
            },
            "typing" => ServerFrame::Typing { room: flat.room?, user: flat.user? },
            "read" => ServerFrame::Read { room: flat.room?, seq: flat.seq? },
            "rotate" => ServerFrame::Rotate { within_ms: flat.within_ms? },
            "retry" => ServerFrame::Retry { after_ms: flat.after_ms? },
            "tick" => ServerFrame::Tick,
            "pong" => ServerFrame::Pong,
            _ => ServerFrame::Unknown,
        })
    }

    fn joined(self) -> Option<ServerFrame> {
        Some(ServerFrame::Joined {
            room: self.room?,
            epoch: self.epoch?,
            recovered: self.recovered?,
            reason: self.reason.as_deref().map(Reason::named),
            events: self.events?,
            head: self.head?,
            people: self.people?,
            count: self.count?,
            read: self.read,
        })
    }

    fn event(self) -> Option<Event> {
        let Self { id, text, reply, target, emoji, on, .. } = self;
        Some(Event {
            room: self.room?,
            seq: self.seq?,
            uid: self.uid?,
            prev: self.prev?,
            at: self.at?,
            author: self.author?,
            kind: Kind::read(&self.kind?, Details { id, text, reply, target, emoji, on })?,
        })
    }

    fn refused(self) -> Option<ServerFrame> {
        Some(ServerFrame::Refused {
            re: self.re?,
            room: self.room,
            id: self.id,
            code: RefusalCode::named(&self.code?),
            message: self.message?,
            retry_after_ms: self.retry_after_ms,
        })
    }
}
