//! Changes to messages: edits, deletions and reactions, and replies with quotes.

mod fold;
mod local_echo;
mod lost_on_fork;

use protocol::{Command, Event, Kind, Reply, ServerFrame, User};

use super::harness::{ClientHarness, LOBBY, message};
use crate::{Input, TimelineItem};

fn edit(seq: u64, author: &User, target: u64) -> Event {
    let id = format!("e{seq}");
    Event { kind: Kind::Edit { id, target, text: format!("edit {seq}") }, ..message(seq, "a", author, "") }
}

fn delete(seq: u64, author: &User, target: u64) -> Event {
    Event { kind: Kind::Delete { id: format!("d{seq}"), target }, ..message(seq, "a", author, "") }
}

fn react(seq: u64, author: &User, target: u64, emoji: &str, on: bool) -> Event {
    let id = format!("r{seq}");
    Event { kind: Kind::Reaction { id, target, emoji: emoji.into(), on }, ..message(seq, "a", author, "") }
}

fn answer(seq: u64, author: &User, to: (u64, &User), quote: &str) -> Event {
    let reply = Some(Reply { seq: to.0, author: to.1.clone(), text: quote.into() });
    let id = format!("m{seq}");
    Event { kind: Kind::Message { text: format!("text of {id}"), id, reply }, ..message(seq, "a", author, "") }
}

fn sent(id: &str, seq: u64) -> ServerFrame {
    ServerFrame::Sent { room: LOBBY.into(), id: id.into(), seq, at: 0 }
}

impl ClientHarness {
    fn item(&self, seq: u64) -> &TimelineItem {
        self.room().timeline().iter().find(|item| item.seq == Some(seq)).unwrap()
    }

    /// What an item shows: its text, its changes, its reactions, and pending changes of the person's own.
    fn shows(&self, seq: u64) -> String {
        describe(self.item(seq))
    }

    fn edit(&mut self, id: &str, target: u64) -> String {
        let key = self.item(target).key.clone();
        let command = Command::Edit { target: target.into(), text: format!("text of {id}") };
        self.handle(Input::Command { room: LOBBY, id: id.into(), command, key: Some(&key) })
    }

    fn delete(&mut self, id: &str, target: u64) -> String {
        self.command(id, Command::Delete { target: target.into() })
    }

    fn react(&mut self, id: &str, target: u64, emoji: &str, on: bool) -> String {
        self.command(id, Command::React { target: target.into(), emoji: emoji.into(), on })
    }
}

fn describe(item: &TimelineItem) -> String {
    let mut words = if item.deleted { vec!["deleted".to_owned()] } else { vec![item.text.clone()] };
    words.extend(item.edited.map(|_| "edited".to_owned()));
    words.extend(item.reply.as_ref().map(|reply| format!("to {} {:?}", reply.seq, reply.text)));
    for reaction in &item.reactions {
        let names: Vec<_> = reaction.people.iter().map(|user| user.name.as_str()).collect();
        words.push(format!("{} {}", reaction.emoji, names.join("+")));
    }
    words.extend(item.changes.iter().map(|change| match &change.failed {
        None => format!("{}?", change.id),
        Some(_) => format!("{}!", change.id),
    }));
    words.join(", ")
}
