//! Reading an event: first the fields of all its kinds, then the kind that is named. Serde does it for servers, miniserde for
//! browsers, which has to be lighter.
//!
//! Serde can read `flatten` and tagged enums by itself, but it buffers the whole text for it.

use miniserde::{
    Error, Result,
    de::{Map, Visitor},
    make_place,
};
use serde::Deserialize;

use crate::{Event, Kind, Reply, User, event::Details};

#[derive(Default, Deserialize)]
pub struct Fields {
    room: Option<String>,
    seq: Option<u64>,
    uid: Option<String>,
    prev: Option<String>,
    at: Option<u64>,
    author: Option<User>,
    kind: Option<String>,
    // What a kind lacks may as well be null.
    id: Option<Option<String>>,
    text: Option<Option<String>>,
    reply: Option<Option<Reply>>,
    target: Option<Option<u64>>,
    emoji: Option<Option<String>>,
    on: Option<Option<bool>>,
}

impl TryFrom<Fields> for Event {
    type Error = &'static str;

    fn try_from(fields: Fields) -> std::result::Result<Self, Self::Error> {
        fields.event().ok_or("a field of the event is missing")
    }
}

impl Fields {
    fn event(self) -> Option<Event> {
        let details = Details {
            id: self.id.flatten(),
            text: self.text.flatten(),
            reply: self.reply.flatten(),
            target: self.target.flatten(),
            emoji: self.emoji.flatten(),
            on: self.on.flatten(),
        };
        Some(Event {
            room: self.room?,
            seq: self.seq?,
            uid: self.uid?,
            prev: self.prev?,
            at: self.at?,
            author: self.author?,
            kind: Kind::read(&self.kind?, details)?,
        })
    }
}

make_place!(Place);

impl miniserde::Deserialize for Event {
    fn begin(out: &mut Option<Self>) -> &mut dyn Visitor {
        Place::new(out)
    }
}

impl Visitor for Place<Event> {
    fn map(&mut self) -> Result<Box<dyn Map + '_>> {
        Ok(Box::new(Reader { event: &mut self.out, fields: Fields::default() }))
    }
}

struct Reader<'a> {
    event: &'a mut Option<Event>,
    fields: Fields,
}

impl Map for Reader<'_> {
    fn key(&mut self, name: &str) -> Result<&mut dyn Visitor> {
        use miniserde::Deserialize;

        let fields = &mut self.fields;
        Ok(match name {
            "room" => Deserialize::begin(&mut fields.room),
            "seq" => Deserialize::begin(&mut fields.seq),
            "uid" => Deserialize::begin(&mut fields.uid),
            "prev" => Deserialize::begin(&mut fields.prev),
            "at" => Deserialize::begin(&mut fields.at),
            "author" => Deserialize::begin(&mut fields.author),
            "kind" => Deserialize::begin(&mut fields.kind),
            "id" => Deserialize::begin(&mut fields.id),
            "text" => Deserialize::begin(&mut fields.text),
            "reply" => Deserialize::begin(&mut fields.reply),
            "target" => Deserialize::begin(&mut fields.target),
            "emoji" => Deserialize::begin(&mut fields.emoji),
            "on" => Deserialize::begin(&mut fields.on),
            _ => <dyn Visitor>::ignore(),
        })
    }

    fn finish(&mut self) -> Result<()> {
        *self.event = Some(std::mem::take(&mut self.fields).event().ok_or(Error)?);
        Ok(())
    }
}
