use std::collections::{BTreeMap, BTreeSet};

use protocol::{
    ClientFrame, Command, Cursor, Event, Head, Kind, MessageRef, Reason, RefusalCode, Reply, ServerFrame, User,
};

use super::fold;
use super::person::{ModelPerson, ModelSocket};
use super::random::Random;
use crate::{DeliveryStatus, Snapshot, TimelineItem};

pub(super) const ROOMS: [&str; 2] = ["lobby", "garden"];
const PAGE: usize = 10;
/// The number of events in a page.
const LONGEST_PAGE: usize = 30;
/// The largest number of events that a join recovers.
const CATCH_UP: u64 = 20;
/// How many events of the history are stored.
const KEPT: u64 = 120;

#[derive(Clone, Copy)]
pub(super) struct Faults {
    /// Requests are refused temporarily.
    pub(super) refusals: bool,
    /// The history loses its end, or starts again with a new epoch.
    pub(super) losses: bool,
}

/// A server with one history per room. It loses, repeats and reorders events in flight, and drops answers.
pub(super) struct ModelServer {
    logs: BTreeMap<&'static str, Log>,
    faults: Faults,
    reliable: bool,
    names: u64,
    pub(super) lost: usize,
    random: Random,
}

/// One socket of a person.
#[derive(Clone, Copy)]
struct Peer {
    who: usize,
    socket: u32,
}

impl Peer {
    fn socket(self, people: &mut [ModelPerson]) -> &mut ModelSocket {
        people[self.who].sockets.get_mut(&self.socket).expect("the socket is open while a request is answered")
    }
}

struct Log {
    epoch: String,
    events: Vec<Event>,
    /// The `seq` of the event of an author and an id.
    known: BTreeMap<(String, String), u64>,
}

impl Log {
    fn head(&self) -> Head {
        self.events.last().map(|last| Head { seq: last.seq, uid: last.uid.clone() }).unwrap_or_default()
    }

    fn page(&self) -> Vec<Event> {
        let mut messages = 0;
        let is_wanted = |event: &&Event| {
            messages += usize::from(is_message(event));
            messages <= PAGE
        };
        let count = self.events.iter().rev().take(LONGEST_PAGE).take_while(is_wanted).count();
        self.events[self.events.len() - count..].to_vec()
    }

    /// The events after the cursor, or why they cannot be recovered.
    fn after(&self, cursor: Option<Cursor>) -> Result<Vec<Event>, Reason> {
        let cursor = cursor.ok_or(Reason::New)?;
        if cursor.epoch != self.epoch {
            return Err(Reason::Epoch);
        }
        let known = match cursor.seq {
            0 => Some(""),
            seq => self.events.get(seq as usize - 1).map(|event| event.uid.as_str()),
        };
        if known != Some(cursor.uid.as_str()) {
            return Err(Reason::Fork);
        }
        if self.head().seq - cursor.seq > CATCH_UP {
            return Err(Reason::Trimmed);
        }
        Ok(self.events[cursor.seq as usize..].to_vec())
    }
}

impl Log {
    /// Whether the person has the permission to cause this event. Fills in the quote of a reply.
    fn allows(&self, user: &User, kind: &mut Kind, uid: Option<&str>) -> bool {
        let target = match kind {
            Kind::Edit { target, .. } | Kind::Delete { target, .. } | Kind::Reaction { target, .. } => *target,
            Kind::Message { reply: Some(reply), .. } => reply.seq,
            Kind::Message { reply: None, .. } | Kind::Unknown => return true,
        };
        let is_it = |event: &Event| event.seq == target && Some(event.uid.as_str()) == uid;
        let Some(item) = fold::item_at(&self.events, target).filter(|_| self.events.iter().rev().any(is_it)) else {
            return false;
        };
        if let Kind::Message { reply: Some(reply), .. } = kind {
            *reply = Reply::to(target, item.author.clone(), &item.text);
        }
        let is_own = !matches!(kind, Kind::Edit { .. } | Kind::Delete { .. }) || item.author.id == user.id;
        let known = kind.id().is_some_and(|id| self.known.contains_key(&(user.id.clone(), id.to_owned())));
        is_own && (!item.deleted || known || matches!(kind, Kind::Delete { .. }))
    }
}

impl ModelServer {
    pub(super) fn new(faults: Faults, seed: u64) -> Self {
        let logs = ROOMS.map(|room| (room, Log { epoch: "e0".into(), events: vec![], known: BTreeMap::new() })).into();
        Self { logs, faults, reliable: false, names: 0, lost: 0, random: Random::new(seed ^ 0xFFFF) }
    }

    pub(super) fn set_reliable(&mut self, reliable: bool) {
        self.reliable = reliable;
    }

    pub(super) fn snapshot(&self, room: &str) -> Snapshot {
        let log = &self.logs[room];
        Snapshot {
            epoch: log.epoch.clone(),
            events: log.page(),
            head: log.head(),
            people: vec![],
            count: 0,
            read: None,
        }
    }

    /// Answers the next frame of a person.
    pub(super) fn answer(&mut self, who: usize, people: &mut [ModelPerson]) {
        let busy: Vec<u32> =
            people[who].sockets.iter().filter(|(_, socket)| !socket.outgoing.is_empty()).map(|(n, _)| *n).collect();
        if busy.is_empty() {
            return;
        }
        let peer = Peer { who, socket: busy[self.random.below(busy.len())] };
        let text = peer.socket(people).outgoing.pop_front().unwrap();
        match ClientFrame::decode(&text).unwrap() {
            ClientFrame::Join { room, after } => self.join(peer, room, after, people),
            ClientFrame::Leave { room } => {
                peer.socket(people).rooms.remove(&room);
            }
            ClientFrame::Command { room, id, command } => self.command(peer, &room, id, command, people),
            ClientFrame::History { room, before, limit } => self.history(peer, &room, before, limit, people),
            ClientFrame::Ping => self.reply(peer, &ServerFrame::Pong, people),
            ClientFrame::Typing { .. } | ClientFrame::Read { .. } => {}
        }
    }

    pub(super) fn append_of_others(&mut self, room: &str, id: &str, people: &mut [ModelPerson]) {
        let eva = User { id: "u_eva".into(), name: "Eva".into() };
        self.append(room, eva, Kind::Message { id: id.into(), text: "hello".into(), reply: None }, people);
    }

    /// Removes the end of the history, or all of it. Sends a reset in some cases only.
    pub(super) fn lose_history(&mut self, room: &str, people: &mut [ModelPerson]) {
        if !self.faults.losses {
            return;
        }
        self.names += 1;
        let log = self.logs.get_mut(room).unwrap();
        let whole = self.random.percent(20);
        let keep = if whole { 0 } else { log.events.len().saturating_sub(self.random.below(6)) };
        self.lost += log.events.len() - keep;
        log.events.truncate(keep);
        log.known.retain(|_, seq| *seq <= keep as u64);
        if whole {
            log.epoch = format!("e{}", self.names);
        }
        if self.random.percent(50) {
            let reason = if whole { Reason::Epoch } else { Reason::Fork };
            let (epoch, events, head) = (log.epoch.clone(), log.page(), log.head());
            let reset = ServerFrame::Reset { room: room.into(), reason, epoch, events, head };
            for person in people {
                self.send_to_members(room, &reset, person);
            }
        }
    }

    pub(super) fn check_is_end(&self, room: &str, items: &[TimelineItem]) {
        let log = &self.logs[room];
        assert!(items.iter().all(|item| item.state == DeliveryStatus::Sent), "{room}: {:?}", items.last());
        assert_eq!(items, fold::items(&log.events, items.len()), "{room}");
        let page = log.page().iter().filter(|event| is_message(event)).count();
        assert!(items.len() >= page, "{room}");
    }

    pub(super) fn check_each_once(&self, ids: &BTreeSet<&String>) {
        let mut times = BTreeMap::<&str, u32>::new();
        for event in self.logs.values().flat_map(|log| &log.events) {
            *times.entry(id_of(event)).or_default() += 1;
        }
        for id in ids {
            assert_eq!(times.get(id.as_str()), Some(&1), "{id}");
        }
    }

    /// Checks that the messages of a person are in each room in the order of sending.
    pub(super) fn check_order(&self, user: &User, sent: &[(String, String)]) {
        for (room, log) in &self.logs {
            let expected: Vec<&str> =
                sent.iter().filter(|(where_, _)| where_ == room).map(|(_, id)| id.as_str()).collect();
            let actual: Vec<&str> =
                log.events.iter().filter(|event| event.author == *user && is_message(event)).map(id_of).collect();
            assert_eq!(actual, expected, "{room}");
        }
    }

    fn join(&mut self, peer: Peer, room: String, after: Option<Cursor>, people: &mut [ModelPerson]) {
        if self.refuses(10) {
            return self.refuse(peer, "join", &room, None, people);
        }
        peer.socket(people).rooms.insert(room.clone());
        let log = &self.logs[room.as_str()];
        let (recovered, reason, events) = match log.after(after) {
            Ok(events) => (true, None, events),
            Err(reason) => (false, Some(reason), log.page()),
        };
        let (epoch, head, people_here) = (log.epoch.clone(), log.head(), vec![]);
        let answer = ServerFrame::Joined {
            room,
            epoch,
            recovered,
            reason,
            events,
            head,
            people: people_here,
            count: 0,
            read: None,
        };
        if !self.fails(2) {
            self.reply(peer, &answer, people);
        }
    }

    fn command(&mut self, peer: Peer, room: &str, id: String, command: Command, people: &mut [ModelPerson]) {
        let re = command.name();
        let uid = command.reference().and_then(|reference| reference.uid.clone());
        let kind = match command {
            Command::Send { text, reply_to } => {
                // `allows` fills in the rest of the quote.
                let author = User { id: String::new(), name: String::new() };
                let reply = reply_to.map(|MessageRef { seq, .. }| Reply { seq, author, text: String::new() });
                Kind::Message { id, text, reply }
            }
            Command::Edit { target, text } => Kind::Edit { id, target: target.seq, text },
            Command::Delete { target } => Kind::Delete { id, target: target.seq },
            Command::React { target, emoji, on } => Kind::Reaction { id, target: target.seq, emoji, on },
        };
        self.act(peer, re, room, kind, uid, people);
    }

    fn act(
        &mut self,
        peer: Peer,
        re: &str,
        room: &str,
        mut kind: Kind,
        uid: Option<String>,
        people: &mut [ModelPerson],
    ) {
        let user = people[peer.who].user.clone();
        let id = kind.id().unwrap().to_owned();
        if self.refuses(10) {
            return self.refuse(peer, re, room, Some(id), people);
        }
        if !self.logs[room].allows(&user, &mut kind, uid.as_deref()) {
            let (re, room, code) = (re.into(), Some(room.into()), RefusalCode::Forbidden);
            let message = "Never.".into();
            let refused = ServerFrame::Refused { re, room, id: Some(id), code, message, retry_after_ms: None };
            return self.reply(peer, &refused, people);
        }
        let known = self.logs[room].known.get(&(user.id.clone(), id.clone())).copied();
        let seq = known.unwrap_or_else(|| self.append(room, user, kind, people));
        if !self.fails(15) {
            self.reply(peer, &ServerFrame::Sent { room: room.into(), id, seq, at: seq }, people);
        }
    }

    fn history(&mut self, peer: Peer, room: &str, before: Option<u64>, limit: Option<u32>, people: &mut [ModelPerson]) {
        if self.refuses(10) {
            return self.refuse(peer, "history", room, None, people);
        }
        let log = &self.logs[room];
        let kept_from = log.head().seq.saturating_sub(KEPT) + 1;
        let end = before.unwrap_or(u64::MAX).min(log.head().seq + 1);
        let from = end.saturating_sub(u64::from(limit.unwrap_or(50))).max(kept_from).min(end);
        let events: Vec<Event> = log.events[from as usize - 1..end as usize - 1].to_vec();
        let trimmed = from == kept_from && kept_from > 1;
        let answer = ServerFrame::History { room: room.into(), before, events, start: from == 1, trimmed };
        self.reply(peer, &answer, people);
    }

    fn append(&mut self, room: &str, author: User, kind: Kind, people: &mut [ModelPerson]) -> u64 {
        self.names += 1;
        let log = self.logs.get_mut(room).unwrap();
        let Head { seq, uid: prev } = log.head();
        let uid = format!("x{}", self.names);
        let event = Event { room: room.into(), seq: seq + 1, uid, prev, at: seq, author, kind };
        log.known.insert((event.author.id.clone(), id_of(&event).to_owned()), event.seq);
        log.events.push(event.clone());
        let frame = ServerFrame::Event(event);
        for person in people {
            if self.fails(5) {
                continue;
            }
            self.send_to_members(room, &frame, person);
            if self.fails(5) {
                self.send_to_members(room, &frame, person);
            }
            for socket in person.sockets.values_mut() {
                if self.fails(3) && socket.incoming.len() >= 3 {
                    let last = socket.incoming.len() - 1;
                    socket.incoming.swap(last, last - 1);
                }
            }
        }
        seq + 1
    }

    fn send_to_members(&self, room: &str, frame: &ServerFrame, person: &mut ModelPerson) {
        for socket in person.sockets.values_mut().filter(|socket| socket.rooms.contains(room)) {
            socket.incoming.push_back(frame.encode());
        }
    }

    fn refuse(&mut self, peer: Peer, re: &str, room: &str, id: Option<String>, people: &mut [ModelPerson]) {
        let code = if self.random.percent(50) { RefusalCode::RateLimited } else { RefusalCode::Unavailable };
        let retry_after_ms = self.random.percent(50).then_some(300);
        let (re, room, message) = (re.into(), Some(room.into()), "Later.".into());
        self.reply(peer, &ServerFrame::Refused { re, room, id, code, message, retry_after_ms }, people);
    }

    fn reply(&self, peer: Peer, frame: &ServerFrame, people: &mut [ModelPerson]) {
        peer.socket(people).incoming.push_back(frame.encode());
    }

    fn refuses(&mut self, chance: usize) -> bool {
        self.faults.refusals && self.fails(chance)
    }

    fn fails(&mut self, chance: usize) -> bool {
        !self.reliable && self.random.percent(chance)
    }
}

fn id_of(event: &Event) -> &str {
    event.kind.id().unwrap()
}

fn is_message(event: &Event) -> bool {
    matches!(event.kind, Kind::Message { .. })
}
