//! Decodes what the server sends: events and frames.
//!
//! Decoding has two steps. The first step reads the fields of all kinds, the second builds the kind that is named.
//! Browsers decode with miniserde. The code of serde for these types would be a tenth of the browser bundle: it is
//! generated for each type and reports what is wrong with each field, which the client does not use. Servers decode
//! stored events with serde, from the same fields. The alternatives in serde, `flatten` and tagged enums, would buffer
//! every value.

use miniserde::{
    Deserialize, Error, Result,
    de::{Map, Visitor},
    json, make_place,
};

use crate::{Event, Head, Kind, Limits, Reason, RefusalCode, Reply, ServerFrame, User};

/// The fields of a JSON object while it is read.
trait JsonFields: Default {
    type Value;

    /// The visitor that stores the value of the field `name`.
    fn visitor<'a>(fields: &'a mut Self, name: &str) -> &'a mut dyn Visitor;

    /// Builds the value. Returns `None` if a required field is missing.
    fn build(self) -> Option<Self::Value>;
}

/// Declares a struct of optional fields that are found by name. A field may be missing or `null`.
macro_rules! fields {
    (
        $(#[$meta:meta])*
        struct $name:ident -> $value:ty { $($field:ident: $type:ty,)* $(.. $rest:ident: $rest_type:ty,)* }
        |$fields:ident, $unlisted:ident| $visitor:expr
    ) => {
        $(#[$meta])*
        #[derive(Default)]
        pub(crate) struct $name {
            // The outer option tells whether the field is there, the inner one whether it is `null`.
            $($field: Option<Option<$type>>,)*
            $($rest: $rest_type,)*
        }

        impl JsonFields for $name {
            type Value = $value;

            fn visitor<'a>($fields: &'a mut Self, name: &str) -> &'a mut dyn Visitor {
                match name {
                    $(stringify!($field) => Deserialize::begin(&mut $fields.$field),)*
                    $unlisted => $visitor,
                }
            }

            fn build(self) -> Option<$value> {
                Self::build(self)
            }
        }
    };
}

fields! {
    #[derive(serde::Deserialize)]
    struct EventFields -> Event {
        room: String,
        seq: u64,
        uid: String,
        prev: String,
        at: u64,
        author: User,
        kind: String,
        id: String,
        text: String,
        reply: Reply,
        target: u64,
        emoji: String,
        on: bool,
    }
    |fields, _unlisted| <dyn Visitor>::ignore()
}

impl EventFields {
    fn build(self) -> Option<Event> {
        let (id, text, target) = (self.id.flatten(), self.text.flatten(), self.target.flatten());
        let kind = match self.kind.flatten()?.as_str() {
            "message" => Kind::Message { id: id?, text: text?, reply: self.reply.flatten() },
            "edit" => Kind::Edit { id: id?, target: target?, text: text? },
            "delete" => Kind::Delete { id: id?, target: target? },
            "reaction" => {
                Kind::Reaction { id: id?, target: target?, emoji: self.emoji.flatten()?, on: self.on.flatten()? }
            }
            _ => Kind::Unknown,
        };
        Some(Event {
            room: self.room.flatten()?,
            seq: self.seq.flatten()?,
            uid: self.uid.flatten()?,
            prev: self.prev.flatten()?,
            at: self.at.flatten()?,
            author: self.author.flatten()?,
            kind,
        })
    }
}

impl TryFrom<EventFields> for Event {
    type Error = &'static str;

    fn try_from(fields: EventFields) -> std::result::Result<Self, Self::Error> {
        fields.build().ok_or("a field of the event is missing")
    }
}

fields! {
    /// The fields of a frame. Those that an event has as well are in `event`.
    struct FrameFields -> ServerFrame {
        after_ms: u64,
        before: u64,
        code: String,
        count: u64,
        epoch: String,
        events: Vec<Event>,
        head: Head,
        heartbeat_ms: u64,
        joined: Vec<User>,
        left: Vec<String>,
        limits: Limits,
        message: String,
        people: Vec<User>,
        re: String,
        read: u64,
        reason: String,
        recovered: bool,
        retry_after_ms: u64,
        start: bool,
        trimmed: bool,
        user: User,
        version: String,
        within_ms: u64,
        .. r#type: Option<String>,
        .. event: EventFields,
    }
    |fields, name| match name {
        "type" => Deserialize::begin(&mut fields.r#type),
        name => EventFields::visitor(&mut fields.event, name),
    }
}

impl FrameFields {
    fn build(self) -> Option<ServerFrame> {
        if self.r#type.as_deref()? == "event" {
            return self.event.build().map(ServerFrame::Event);
        }
        let EventFields { room, seq, at, id, .. } = self.event;
        let (room, id, head, events) = (room.flatten(), id.flatten(), self.head.flatten(), self.events.flatten());
        let (epoch, count, people) = (self.epoch.flatten(), self.count.flatten(), self.people.flatten());
        let reason = self.reason.flatten().map(|reason| Reason::named(&reason));
        Some(match self.r#type?.as_str() {
            "welcome" => ServerFrame::Welcome {
                user: self.user.flatten()?,
                heartbeat_ms: self.heartbeat_ms.flatten()?,
                limits: self.limits.flatten()?,
                version: self.version.flatten()?,
            },
            "joined" => ServerFrame::Joined {
                room: room?,
                epoch: epoch?,
                recovered: self.recovered.flatten()?,
                reason,
                events: events?,
                head: head?,
                people: people?,
                count: count?,
                read: self.read.flatten(),
            },
            "sent" => ServerFrame::Sent { room: room?, id: id?, seq: seq.flatten()?, at: at.flatten()? },
            "refused" => ServerFrame::Refused {
                re: self.re.flatten()?,
                room,
                id,
                code: RefusalCode::named(&self.code.flatten()?),
                message: self.message.flatten()?,
                retry_after_ms: self.retry_after_ms.flatten(),
            },
            "reset" => ServerFrame::Reset { room: room?, reason: reason?, epoch: epoch?, events: events?, head: head? },
            "history" => ServerFrame::History {
                room: room?,
                before: self.before.flatten(),
                events: events?,
                start: self.start.flatten()?,
                trimmed: self.trimmed.flatten()?,
            },
            "people" => ServerFrame::People {
                room: room?,
                joined: self.joined.flatten()?,
                left: self.left.flatten()?,
                count: count?,
                people,
            },
            "typing" => ServerFrame::Typing { room: room?, user: self.user.flatten()? },
            "read" => ServerFrame::Read { room: room?, seq: seq.flatten()? },
            "rotate" => ServerFrame::Rotate { within_ms: self.within_ms.flatten()? },
            "retry" => ServerFrame::Retry { after_ms: self.after_ms.flatten()? },
            "tick" => ServerFrame::Tick,
            "pong" => ServerFrame::Pong,
            _ => ServerFrame::Unknown,
        })
    }
}

impl ServerFrame {
    /// Decodes one text message. Unknown fields, frames and kinds of event are ignored.
    ///
    /// # Errors
    /// The text is not a frame, a required field is missing, or a known field has an invalid value.
    pub fn decode(text: &str) -> Result<Self> {
        json::from_str(text)
    }
}

make_place!(Place);

impl Deserialize for Event {
    fn begin(out: &mut Option<Self>) -> &mut dyn Visitor {
        Place::new(out)
    }
}

impl Deserialize for ServerFrame {
    fn begin(out: &mut Option<Self>) -> &mut dyn Visitor {
        Place::new(out)
    }
}

impl Visitor for Place<Event> {
    fn map(&mut self) -> Result<Box<dyn Map + '_>> {
        Ok(Box::new(FieldReader { value: &mut self.out, fields: EventFields::default() }))
    }
}

impl Visitor for Place<ServerFrame> {
    fn map(&mut self) -> Result<Box<dyn Map + '_>> {
        Ok(Box::new(FieldReader { value: &mut self.out, fields: FrameFields::default() }))
    }
}

struct FieldReader<'a, F: JsonFields> {
    value: &'a mut Option<F::Value>,
    fields: F,
}

impl<F: JsonFields> Map for FieldReader<'_, F> {
    fn key(&mut self, name: &str) -> Result<&mut dyn Visitor> {
        Ok(F::visitor(&mut self.fields, name))
    }

    fn finish(&mut self) -> Result<()> {
        *self.value = Some(std::mem::take(&mut self.fields).build().ok_or(Error)?);
        Ok(())
    }
}
