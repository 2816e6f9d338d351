//! A client in a test harness with a clock that only the test advances.

use protocol::{ClientFrame, Command, Event, Head, Kind, Limits, Reason, RefusalCode, ServerFrame, User};

use crate::{
    Client, ConnectionStatus, Context, DeliveryStatus, Effect, HistoryState, Input, PendingCommand, Room, Snapshot,
    StateChange,
};

/// The room of most tests.
pub(super) const LOBBY: &str = "lobby";
pub(super) const HEARTBEAT: u64 = 25_000;

pub(super) struct ClientHarness {
    pub(super) client: Client,
    pub(super) now: u64,
    pub(super) random: f64,
    /// The socket that the client opened last.
    pub(super) socket: u32,
}

pub(super) fn ana() -> User {
    User { id: "u_ana".into(), name: "Ana".into() }
}

pub(super) fn rui() -> User {
    User { id: "u_rui".into(), name: "Rui".into() }
}

/// Event `seq` of the first history. Its `uid` is `a<seq>`.
pub(super) fn event(seq: u64) -> Event {
    message(seq, "a", &rui(), &format!("m{seq}"))
}

/// Event `seq` of the history whose `uid`s begin with `prefix`: a message of `author` with this id.
pub(super) fn message(seq: u64, prefix: &str, author: &User, id: &str) -> Event {
    Event {
        room: LOBBY.into(),
        seq,
        uid: format!("{prefix}{seq}"),
        prev: if seq == 1 { String::new() } else { format!("{prefix}{}", seq - 1) },
        at: seq * 1_000,
        author: author.clone(),
        kind: Kind::Message { id: id.into(), text: format!("text of {id}"), reply: None },
    }
}

pub(super) fn events(seqs: std::ops::RangeInclusive<u64>) -> Vec<Event> {
    seqs.map(event).collect()
}

pub(super) fn head_of(events: &[Event]) -> Head {
    events.last().map(|last| Head { seq: last.seq, uid: last.uid.clone() }).unwrap_or_default()
}

pub(super) fn welcome(user: User) -> ServerFrame {
    let limits = Limits { text: 4_000, frame: 16_384 };
    ServerFrame::Welcome { user, heartbeat_ms: HEARTBEAT, limits, version: "0.1.0".into() }
}

pub(super) fn recovered(events: Vec<Event>, head: Head) -> ServerFrame {
    joined(true, None, "e1", events, head)
}

pub(super) fn replaced(reason: Reason, events: Vec<Event>) -> ServerFrame {
    let head = head_of(&events);
    joined(false, Some(reason), "e1", events, head)
}

pub(super) fn joined(
    recovered: bool,
    reason: Option<Reason>,
    epoch: &str,
    events: Vec<Event>,
    head: Head,
) -> ServerFrame {
    let room = LOBBY.into();
    ServerFrame::Joined {
        room,
        epoch: epoch.into(),
        recovered,
        reason,
        events,
        head,
        people: vec![ana()],
        count: 1,
        read: None,
    }
}

pub(super) fn refused(re: &str, id: Option<&str>, code: &str, retry_after_ms: Option<u64>) -> ServerFrame {
    ServerFrame::Refused {
        re: re.into(),
        room: Some(LOBBY.into()),
        id: id.map(Into::into),
        code: RefusalCode::named(code),
        message: format!("No: {code}."),
        retry_after_ms,
    }
}

pub(super) fn snapshot(events: Vec<Event>) -> Snapshot {
    let head = head_of(&events);
    Snapshot { epoch: "e1".into(), events, head, people: vec![ana()], count: 1, read: None }
}

pub(super) fn pending(id: &str) -> PendingCommand {
    let command = Command::send(format!("text of {id}"));
    PendingCommand { room: LOBBY.into(), id: id.into(), command, at: 0, failed: None }
}

impl ClientHarness {
    /// A client that has not started and has no open room.
    pub(super) fn new(pending: Vec<PendingCommand>) -> Self {
        Self { client: Client::new(ana(), pending), now: 0, random: 0.5, socket: 0 }
    }

    /// A live client in the lobby with these events loaded.
    pub(super) fn in_lobby(events: Vec<Event>) -> Self {
        let mut harness = Self::new(vec![]);
        harness.open(Some(snapshot(events.clone())));
        harness.connect();
        harness.receive(&recovered(vec![], head_of(&events)));
        harness
    }

    pub(super) fn connect(&mut self) -> String {
        self.handle(Input::Start);
        self.receive(&welcome(ana()))
    }

    /// Loses the connection and opens another one.
    pub(super) fn reconnect(&mut self) -> String {
        self.close(1006);
        self.time_out();
        self.receive(&welcome(ana()))
    }

    pub(super) fn open(&mut self, snapshot: Option<Snapshot>) -> String {
        let context = self.context();
        describe(&self.client.open(LOBBY, snapshot, context))
    }

    pub(super) fn handle(&mut self, input: Input<'_>) -> String {
        let context = self.context();
        let effects = self.client.handle(input, context);
        for effect in &effects {
            if let Effect::Connect(socket) = effect {
                self.socket = *socket;
            }
        }
        describe(&effects)
    }

    /// Receives a frame on the latest socket.
    pub(super) fn receive(&mut self, frame: &ServerFrame) -> String {
        self.receive_text(&frame.encode())
    }

    pub(super) fn receive_text(&mut self, text: &str) -> String {
        self.handle(Input::Frame { socket: self.socket, text })
    }

    /// Receives a frame on the socket before the latest.
    pub(super) fn receive_on_previous(&mut self, frame: &ServerFrame) -> String {
        self.handle(Input::Frame { socket: self.socket - 1, text: &frame.encode() })
    }

    /// Closes the latest socket.
    pub(super) fn close(&mut self, code: u16) -> String {
        self.handle(Input::Closed { socket: self.socket, code })
    }

    pub(super) fn send(&mut self, id: &str) -> String {
        self.command(id, Command::send(format!("text of {id}")))
    }

    pub(super) fn command(&mut self, id: &str, command: Command) -> String {
        self.handle(Input::Command { room: LOBBY, id: id.into(), command, key: None })
    }

    /// Advances the clock to the deadline and handles it.
    pub(super) fn time_out(&mut self) -> String {
        self.now = self.client.deadline().unwrap().max(self.now);
        self.handle(Input::Timeout)
    }

    pub(super) fn time_out_at(&mut self, now: u64) -> String {
        self.now = now;
        self.handle(Input::Timeout)
    }

    pub(super) fn room(&self) -> &Room {
        self.client.room(LOBBY).unwrap()
    }

    pub(super) fn history(&self) -> HistoryState {
        self.room().history_state()
    }

    /// The items in short: `3` for a sent one, `x?` for a pending one, `x!` for a failed one.
    pub(super) fn items(&self) -> String {
        let item = |item: &crate::TimelineItem| match (&item.state, item.seq) {
            (DeliveryStatus::Sent, Some(seq)) => seq.to_string(),
            (DeliveryStatus::Pending, None) => format!("{}?", item.key.trim_start_matches("u_ana/")),
            (DeliveryStatus::Failed(_), None) => format!("{}!", item.key.trim_start_matches("u_ana/")),
            other => panic!("{other:?}"),
        };
        self.room().timeline().iter().map(item).collect::<Vec<_>>().join(" ")
    }

    pub(super) fn retry_delay(&self) -> Option<u64> {
        match self.client.connection_status() {
            ConnectionStatus::Away { retry_at, .. } => Some(retry_at - self.now),
            ConnectionStatus::Starting | ConnectionStatus::Live | ConnectionStatus::Stopped(_) => None,
        }
    }

    fn context(&self) -> Context {
        Context { now: self.now, random: self.random }
    }
}

/// The effects as readable text, the changes last and in a fixed order.
fn describe(effects: &[Effect]) -> String {
    let order = ["*connection", "*rooms", "*timeline", "*people", "*typing"];
    let mut effects: Vec<String> = effects.iter().map(describe_effect).collect();
    effects.sort_by_key(|effect| order.iter().position(|change| change == effect));
    effects.join(", ")
}

fn describe_effect(effect: &Effect) -> String {
    match effect {
        Effect::Connect(_) => "connect".into(),
        Effect::Transmit { text, .. } => match ClientFrame::decode(text).unwrap() {
            ClientFrame::Join { room, after: None } => format!("join {room}"),
            ClientFrame::Join { room, after: Some(after) } => format!("join {room} after {}{}", after.epoch, after.uid),
            ClientFrame::Leave { room } => format!("leave {room}"),
            ClientFrame::Command { id, command, .. } => match command {
                Command::Send { .. } => format!("send {id}"),
                Command::Edit { target, .. } => format!("edit {} by {id}", target.seq),
                Command::Delete { target } => format!("delete {} by {id}", target.seq),
                Command::React { target, emoji, on } => {
                    format!("{} {emoji} {} by {id}", if on { "add" } else { "retract" }, target.seq)
                }
            },
            ClientFrame::History { before, .. } => format!("history before {}", before.unwrap()),
            ClientFrame::Typing { .. } => "typing".into(),
            ClientFrame::Read { seq, uid, .. } => format!("read {seq} {}", uid.unwrap_or_default()),
            ClientFrame::Ping => "ping".into(),
        },
        Effect::Close { code, .. } => format!("close {code}"),
        Effect::StoreCommand(pending) => format!("store {}", pending.id),
        Effect::Mentioned { room, author, .. } => format!("{author} mentions in {room}"),
        Effect::RemoveCommand { id, .. } => format!("remove {id}"),
        Effect::Changed(StateChange::Connection) => "*connection".into(),
        Effect::Changed(StateChange::Rooms) => "*rooms".into(),
        Effect::TimelineChanged { .. } => "*timeline".into(),
        Effect::Changed(StateChange::People(_)) => "*people".into(),
        Effect::Changed(StateChange::Typing(_)) => "*typing".into(),
    }
}
