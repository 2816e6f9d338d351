//! Parses scripts. Each line of a script is one input of a client: a frame of the server, in full or in short, or an
//! action of the person or the network. Invalid lines are ignored.
//!
//! The short form of an event is its `uid`, which ends with its `seq`: `a7` is event 7 of the history `a` and follows
//! `a6`. `a7<b6` follows `b6` instead, `a7?` is of an unknown kind, and `a7=x` is Ana's own message `x`. `a7~5` edits
//! event 5, `a7-5` deletes it, `a7+5` adds a thumb to it, and `a7^5` removes the thumb. `a7~5=x` is Ana's own edit `x`.
//! `a7>5` replies to event 5.
//!
//! ```text
//! joined REASON EPOCH HEAD EVENT…      REASON: recovered, new, trimmed, epoch, fork or -
//! reset REASON EPOCH HEAD EVENT…
//! event EVENT
//! history BEFORE FLAGS EVENT…          FLAGS: start, trimmed, both or -
//! sent ID NUMBER
//! refused TYPE CODE ID
//! welcome | rotate | {"type":…}
//! last …                               any of these, on the socket before the latest
//! open | open EPOCH HEAD EVENT…        with a snapshot
//! close CODE | wait MILLISECONDS | due | say ID | retry ID | discard ID
//! answer NUMBER ID | edit NUMBER ID | delete NUMBER ID | put NUMBER ID | take NUMBER ID
//! leave | older | read | writing | online | offline | visible
//! ```

use client::{Input, Snapshot};
use protocol::{Command, Event, Head, Kind, MessageRef, Reason, Reply, ServerFrame, User};
use serde_json::json;

use super::harness::welcome;

/// The only room.
pub const LOBBY: &str = "lobby";

const THUMB: &str = "👍";

pub enum ScriptStep<'a> {
    Receive { text: String, on_last: bool },
    Handle(Input<'a>),
    Edit { target: u64, id: String },
    Open(Option<Snapshot>),
    Close { code: u16, last: bool },
    Wait(u64),
    Due,
}

pub fn ana() -> User {
    User { id: "u_ana".into(), name: "Ana".into() }
}

pub fn read(line: &str) -> Option<ScriptStep<'_>> {
    let (last, line) = line.strip_prefix("last ").map_or((false, line), |line| (true, line));
    if let Some(text) = frame(line) {
        return Some(ScriptStep::Receive { text, on_last: last });
    }
    let mut words = line.split_ascii_whitespace();
    let room = LOBBY;
    Some(match words.next()? {
        "open" => ScriptStep::Open(snapshot(&mut words)),
        "close" => ScriptStep::Close { code: words.next()?.parse().ok()?, last },
        "wait" => ScriptStep::Wait(words.next()?.parse().ok()?),
        "due" => ScriptStep::Due,
        "say" => {
            let id = words.next()?;
            command(id, Command::send(format!("text of {id}")))
        }
        "answer" => {
            let (target, id) = (target(words.next()?)?, words.next()?);
            command(id, Command::Send { text: format!("text of {id}"), reply_to: Some(target) })
        }
        "edit" => {
            let (target, id) = (words.next()?.parse().ok()?, words.next()?.to_owned());
            ScriptStep::Edit { target, id }
        }
        "delete" => {
            let target = target(words.next()?)?;
            command(words.next()?, Command::Delete { target })
        }
        word @ ("put" | "take") => {
            let target = target(words.next()?)?;
            command(words.next()?, Command::React { target, emoji: THUMB.to_owned(), on: word == "put" })
        }
        "retry" => ScriptStep::Handle(Input::Retry { room, id: words.next()? }),
        "discard" => ScriptStep::Handle(Input::Discard { room, id: words.next()? }),
        "leave" => ScriptStep::Handle(Input::Leave { room }),
        "older" => ScriptStep::Handle(Input::LoadOlder { room }),
        "read" => ScriptStep::Handle(Input::Read { room }),
        "writing" => ScriptStep::Handle(Input::Typing { room }),
        "online" => ScriptStep::Handle(Input::Online),
        "offline" => ScriptStep::Handle(Input::Offline),
        "visible" => ScriptStep::Handle(Input::Visible),
        _ => return None,
    })
}

fn command(id: &str, command: Command) -> ScriptStep<'static> {
    ScriptStep::Handle(Input::Command { room: LOBBY, id: id.to_owned(), command, key: None })
}

fn target(seq: &str) -> Option<MessageRef> {
    Some(seq.parse::<u64>().ok()?.into())
}

/// The frame of a line that contains one.
fn frame(line: &str) -> Option<String> {
    if line.starts_with('{') {
        return Some(line.to_owned());
    }
    let room = LOBBY.to_owned();
    let mut words = line.split_ascii_whitespace();
    let frame = match words.next()? {
        "welcome" => return Some(welcome()),
        "rotate" => ServerFrame::Rotate { within_ms: 60_000 },
        "joined" => {
            let word = words.next()?;
            let (epoch, head) = (words.next()?.to_owned(), head(words.next()?)?);
            let (recovered, reason) = (word == "recovered", reason(word));
            let events = words.filter_map(event).collect();
            ServerFrame::Joined {
                room,
                epoch,
                recovered,
                reason,
                events,
                head,
                people: vec![ana()],
                count: 1,
                read: None,
            }
        }
        "reset" => {
            let reason = reason(words.next()?)?;
            let (epoch, head) = (words.next()?.to_owned(), head(words.next()?)?);
            ServerFrame::Reset { room, reason, epoch, head, events: words.filter_map(event).collect() }
        }
        "event" => ServerFrame::Event(event(words.next()?)?),
        "history" => {
            let before = words.next()?.parse().ok();
            let flags = words.next()?;
            let (start, trimmed) = (matches!(flags, "start" | "both"), matches!(flags, "trimmed" | "both"));
            ServerFrame::History { room, before, start, trimmed, events: words.filter_map(event).collect() }
        }
        "sent" => ServerFrame::Sent { room, id: words.next()?.to_owned(), seq: words.next()?.parse().ok()?, at: 0 },
        "refused" => {
            let (re, code, id) = (words.next()?, words.next()?, words.next());
            let message = "No.";
            return Some(
                json!({ "type": "refused", "re": re, "room": room, "id": id, "code": code, "message": message })
                    .to_string(),
            );
        }
        _ => return None,
    };
    Some(frame.encode())
}

fn snapshot<'a>(words: &mut impl Iterator<Item = &'a str>) -> Option<Snapshot> {
    let (epoch, head) = (words.next()?.to_owned(), head(words.next()?)?);
    Some(Snapshot { epoch, head, events: words.filter_map(event).collect(), people: vec![], count: 0, read: None })
}

fn reason(word: &str) -> Option<Reason> {
    (!matches!(word, "recovered" | "-")).then(|| Reason::named(word))
}

/// `-` is the head of an empty room.
fn head(word: &str) -> Option<Head> {
    if word == "-" { Some(Head::default()) } else { Some(Head { seq: number(word)?, uid: word.to_owned() }) }
}

fn event(word: &str) -> Option<Event> {
    let (word, own) = word.split_once('=').map_or((word, None), |(word, id)| (word, Some(id)));
    let about = word.find(['~', '-', '+', '^', '>']);
    let (word, what) = about.map_or((word, None), |at| (&word[..at], Some((&word[at..=at], &word[at + 1..]))));
    let (word, unknown) = word.strip_suffix('?').map_or((word, false), |word| (word, true));
    let (uid, prev) = word.split_once('<').map_or((word, None), |(uid, prev)| (uid, Some(prev)));
    let seq = number(uid)?;
    let before = || match seq {
        0 | 1 => String::new(),
        _ => format!("{}{}", uid.trim_end_matches(|c: char| c.is_ascii_digit()), seq - 1),
    };
    let id = own.map_or_else(|| format!("m{seq}"), str::to_owned);
    let author = if own.is_some() { ana() } else { User { id: "u_rui".into(), name: "Rui".into() } };
    let kind = match what {
        Some((what, target)) => change(what, target.parse().ok()?, id)?,
        None if unknown => Kind::Unknown,
        None => Kind::Message { text: format!("text of {id}"), id, reply: None },
    };
    let prev = prev.map_or_else(before, str::to_owned);
    Some(Event { room: LOBBY.into(), seq, uid: uid.to_owned(), prev, at: seq, author, kind })
}

fn change(what: &str, target: u64, id: String) -> Option<Kind> {
    let emoji = THUMB.to_owned();
    let text = format!("text of {id}");
    Some(match what {
        "~" => Kind::Edit { id, target, text },
        "-" => Kind::Delete { id, target },
        "+" => Kind::Reaction { id, target, emoji, on: true },
        "^" => Kind::Reaction { id, target, emoji, on: false },
        ">" => {
            let author = User { id: "u_rui".into(), name: "Rui".into() };
            Kind::Message { id, text, reply: Some(Reply { seq: target, author, text: "text".into() }) }
        }
        _ => return None,
    })
}

/// The number at the end of a short `uid`.
fn number(uid: &str) -> Option<u64> {
    uid.trim_start_matches(|c: char| !c.is_ascii_digit()).parse().ok()
}
