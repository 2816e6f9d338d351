use protocol::{ClientFrame, Command, User, limits};

use crate::by_name::ByName;
use crate::connection::Connection;
use crate::outbox::{BOUND, Outbox};
use crate::turn::Turn;
use crate::{
    Change, ConnectionStatus, Context, Effect, FailureReason, Input, PendingCommand, Room, Snapshot, TimelineItem,
};

/// The client of one person: one connection, over one socket after the other, and the rooms that are open.
#[derive(Clone, Debug)]
pub struct Client {
    pub(crate) me: User,
    pub(crate) connection: Connection,
    pub(crate) rooms: ByName<Room>,
    /// The room that was opened last, which is the one that is looked at.
    pub(crate) front: String,
    /// What is unsent in rooms that are not open.
    pub(crate) put_by: ByName<Outbox>,
    /// The largest frame that the server accepts, in bytes.
    pub(crate) frame_limit: usize,
    /// When the latest message was said.
    last_said: u64,
}

impl Client {
    /// A client that has not started. `unsent` is what was persisted by [`Effect::Keep`]; it is sent when its room is
    /// joined.
    #[must_use]
    pub fn new(me: User, unsent: Vec<PendingCommand>) -> Self {
        let mut put_by = ByName::<Outbox>::new();
        let last_said = unsent.iter().map(|message| message.at).max().unwrap_or_default();
        for message in unsent {
            let outbox = put_by.get_or_insert_with(&message.room, Outbox::default);
            if !outbox.has(&message.id) {
                outbox.add(message);
            }
        }
        Self {
            me,
            connection: Connection::default(),
            rooms: ByName::new(),
            front: String::new(),
            put_by,
            frame_limit: limits::FRAME,
            last_said,
        }
    }

    /// Opens a room, with its latest page if that is on the screen already. It is joined at once, or when the link is
    /// live. A room that is open stays as it is; if it could not be entered, that is tried again. The one that was opened last
    /// is joined first whenever the link comes back.
    pub fn open(&mut self, name: &str, snapshot: Option<Snapshot>, moment: Context) -> Vec<Effect> {
        let mut turn = Turn::new(moment, self.frame_limit, self.connection.socket());
        let live = self.connection.is_live();
        self.front = name.to_owned();
        let room = self.rooms.get_or_insert_with(name, || {
            turn.changed(Change::Rooms);
            turn.changed(Change::Timeline(name.to_owned()));
            turn.changed(Change::People(name.to_owned()));
            Room::new(name, self.me.clone(), self.put_by.remove(name).unwrap_or_default())
        });
        if let Some(snapshot) = snapshot {
            room.show(snapshot, &mut turn);
        }
        room.enter(live, &mut turn);
        turn.into_effects()
    }

    /// Takes one input, and says what it leads to.
    pub fn handle(&mut self, input: Input<'_>, moment: Context) -> Vec<Effect> {
        let mut turn = Turn::new(moment, self.frame_limit, self.connection.socket());
        let link = self.link();
        let was_live = self.connection.is_live();
        self.take(input, &mut turn);
        if was_live && !self.connection.is_live() {
            for room in self.rooms.values_mut() {
                room.disconnected(&mut turn);
            }
        }
        if self.connection.is_leaving() && self.rooms.values().all(Room::is_settled) {
            self.connection.arrived(&mut turn);
        }
        if self.link() != link {
            turn.changed(Change::Connection);
        }
        turn.into_effects()
    }

    /// When [`Input::Due`] must be given next, on the clock of [`Context::now`].
    #[must_use]
    pub fn deadline(&self) -> Option<u64> {
        let live = self.connection.is_live();
        let rooms = self.rooms.values().filter_map(|room| room.deadline(live)).min();
        [self.connection.deadline(), rooms].into_iter().flatten().min()
    }

    /// Whose client this is.
    #[must_use]
    pub fn me(&self) -> &User {
        &self.me
    }

    /// How the client stands with the server.
    #[must_use]
    pub fn link(&self) -> ConnectionStatus {
        self.connection.link()
    }

    /// A room that is open.
    #[must_use]
    pub fn room(&self, name: &str) -> Option<&Room> {
        self.rooms.get(name)
    }

    /// The rooms that are open, by name.
    pub fn rooms(&self) -> impl Iterator<Item = &Room> {
        self.rooms.values()
    }

    fn take(&mut self, input: Input<'_>, turn: &mut Turn) {
        match input {
            Input::Start => self.connection.start(turn),
            Input::Text { socket, text } => self.receive(socket, text, turn),
            Input::Closed { socket, code } => self.connection.closed(socket, code, turn),
            Input::Due => self.due(turn),
            Input::Online => self.connection.online(turn),
            Input::Offline => self.connection.doubt(turn),
            Input::Visible => self.connection.hurry(turn),
            Input::Leave { room } => self.leave(room, turn),
            Input::Command { room, id, command, key } => self.command(room, id, command, key, turn),
            Input::Retry { room, id } => {
                let space = self.has_space();
                self.with(room, |room| room.retry(id, space, turn));
            }
            Input::Discard { room, id } => self.with(room, |room| room.discard(id, turn)),
            Input::Older { room } => self.with(room, |room| room.want_older(turn)),
            Input::Writing { room } => self.with(room, |room| room.writing(turn)),
            Input::Read { room } => self.with(room, |room| room.read(turn)),
        }
    }

    fn due(&mut self, turn: &mut Turn) {
        self.connection.due(turn);
        let live = self.connection.is_live();
        for room in self.rooms.values_mut() {
            room.due(live, turn);
        }
    }

    fn command(&mut self, room: &str, id: String, mut command: Command, key: Option<&str>, turn: &mut Turn) {
        let mut failed = None;
        if let Command::Edit { target, text } = &mut command
            && key.is_some_and(|key| !self.shows(room, target.seq, key))
        {
            command = Command::Send { text: std::mem::take(text), reply_to: None };
            failed = Some(FailureReason::Gone);
        }
        if let Some(reference) = command.reference_mut() {
            reference.uid = self.rooms.get(room).and_then(|room| room.uid_at(reference.seq)).cloned();
        }
        if command.target().is_some_and(|target| target.uid.is_none()) {
            // A person's click can come after the message was let go of.
            return;
        }
        let at = self.said_at(turn);
        self.put(PendingCommand { room: room.to_owned(), id, command, at, failed }, turn);
    }

    fn shows(&self, room: &str, seq: u64, key: &str) -> bool {
        let is_it = |line: &TimelineItem| line.seq == Some(seq) && line.key == key;
        self.rooms.get(room).is_some_and(|room| room.lines().iter().any(is_it))
    }

    /// No two at once: what is persisted comes back in the order of its times.
    fn said_at(&mut self, turn: &Turn) -> u64 {
        self.last_said = turn.now.max(self.last_said.saturating_add(1));
        self.last_said
    }

    fn put(&mut self, unsent: PendingCommand, turn: &mut Turn) {
        let space = self.has_space();
        if let Some(room) = self.rooms.get_mut(&unsent.room) {
            room.send(unsent, space, turn);
            return;
        }
        let outbox = self.put_by.get_or_insert_with(&unsent.room, Outbox::default);
        if outbox.has(&unsent.id) {
            return;
        }
        if space {
            turn.effect(Effect::Keep(unsent.clone()));
            outbox.add(unsent);
        } else {
            outbox.spill(unsent);
        }
    }

    fn leave(&mut self, name: &str, turn: &mut Turn) {
        let Some(room) = self.rooms.remove(name) else { return };
        if self.connection.is_live() {
            turn.transmit(&ClientFrame::Leave { room: name.to_owned() });
            // Those that were one too many may fit now.
            for room in self.rooms.values_mut().filter(|room| room.refusal().is_some()) {
                room.enter(true, turn);
            }
        }
        let outbox = room.into_outbox();
        if !outbox.is_empty() {
            self.put_by.get_or_insert_with(name, || outbox);
        }
        turn.changed(Change::Rooms);
    }

    fn has_space(&self) -> bool {
        let open = self.rooms.values().map(Room::outbox);
        open.chain(self.put_by.values()).map(Outbox::len).sum::<usize>() < BOUND
    }

    /// Does something in a room, if it is open: a person's click can come after the room was left.
    pub(crate) fn with(&mut self, room: &str, act: impl FnOnce(&mut Room)) {
        if let Some(room) = self.rooms.get_mut(room) {
            act(room);
        }
    }
}
