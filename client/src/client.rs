use protocol::{ClientFrame, Command, User, limits};

use crate::connection::Connection;
use crate::effects::Effects;
use crate::outbox::{CAPACITY, Outbox};
use crate::vec_map::VecMap;
use crate::{
    ConnectionStatus, Context, Effect, FailureReason, Input, PendingCommand, Room, Snapshot, StateChange, TimelineItem,
};

/// The client of one person: one connection, which uses one socket after another, and the open rooms.
#[derive(Clone, Debug)]
pub struct Client {
    pub(crate) me: User,
    pub(crate) connection: Connection,
    pub(crate) rooms: VecMap<Room>,
    /// The room that was opened last. It is the one that the person looks at.
    pub(crate) active_room: String,
    /// The outboxes of rooms that are not open.
    pub(crate) outboxes_of_closed_rooms: VecMap<Outbox>,
    /// The largest frame that the server accepts, in bytes.
    pub(crate) frame_limit: usize,
    /// The time of the latest command.
    last_command_at: u64,
}

impl Client {
    /// Creates a client that has not started. `pending` holds the commands that were persisted by
    /// [`Effect::StoreCommand`]. They are sent when their rooms are joined.
    #[must_use]
    pub fn new(me: User, pending: Vec<PendingCommand>) -> Self {
        let mut outboxes_of_closed_rooms = VecMap::<Outbox>::new();
        let last_command_at = pending.iter().map(|message| message.at).max().unwrap_or_default();
        for message in pending {
            let outbox = outboxes_of_closed_rooms.get_or_insert_with(&message.room, Outbox::default);
            if !outbox.has(&message.id) {
                outbox.add(message);
            }
        }
        Self {
            me,
            connection: Connection::default(),
            rooms: VecMap::new(),
            active_room: String::new(),
            outboxes_of_closed_rooms,
            frame_limit: limits::FRAME,
            last_command_at,
        }
    }

    /// Opens a room, with a snapshot of its latest page if the server rendered one. The room is joined at once if the
    /// connection is live, otherwise when it becomes live. A room that is already open keeps its state; if its join was
    /// refused, it is joined again. After a reconnect, the room that was opened last is joined first.
    pub fn open(&mut self, name: &str, snapshot: Option<Snapshot>, context: Context) -> Vec<Effect> {
        let mut effects = Effects::new(context, self.frame_limit, self.connection.socket());
        let live = self.connection.is_live();
        self.active_room = name.to_owned();
        let room = self.rooms.get_or_insert_with(name, || {
            effects.changed(StateChange::Rooms);
            effects.changed(StateChange::People(name.to_owned()));
            Room::new(name, self.me.clone(), self.outboxes_of_closed_rooms.remove(name).unwrap_or_default())
        });
        if let Some(snapshot) = snapshot {
            room.load_snapshot(snapshot, &mut effects);
        }
        room.join_if_needed(live, &mut effects);
        room.report_timeline(&mut effects);
        effects.into_vec()
    }

    /// Handles one input and returns its effects.
    pub fn handle(&mut self, input: Input<'_>, context: Context) -> Vec<Effect> {
        let mut effects = Effects::new(context, self.frame_limit, self.connection.socket());
        let status = self.connection_status();
        let was_live = self.connection.is_live();
        self.dispatch(input, &mut effects);
        if was_live && !self.connection.is_live() {
            for room in self.rooms.values_mut() {
                room.disconnected(&mut effects);
            }
        }
        if self.connection.is_draining() && self.rooms.values().all(Room::is_settled) {
            self.connection.finish_rotation(&mut effects);
        }
        if self.connection_status() != status {
            effects.changed(StateChange::Connection);
        }
        for room in self.rooms.values_mut() {
            room.report_timeline(&mut effects);
        }
        effects.into_vec()
    }

    /// The time of the next [`Input::Timeout`], on the clock of [`Context::now`].
    #[must_use]
    pub fn deadline(&self) -> Option<u64> {
        let live = self.connection.is_live();
        let rooms = self.rooms.values().filter_map(|room| room.deadline(live)).min();
        [self.connection.deadline(), rooms].into_iter().flatten().min()
    }

    /// The user of this client.
    #[must_use]
    pub fn me(&self) -> &User {
        &self.me
    }

    /// The status of the connection.
    #[must_use]
    pub fn connection_status(&self) -> ConnectionStatus {
        self.connection.status()
    }

    /// Returns an open room.
    #[must_use]
    pub fn room(&self, name: &str) -> Option<&Room> {
        self.rooms.get(name)
    }

    /// The open rooms, ordered by name.
    pub fn rooms(&self) -> impl Iterator<Item = &Room> {
        self.rooms.values()
    }

    fn dispatch(&mut self, input: Input<'_>, effects: &mut Effects) {
        match input {
            Input::Start => self.connection.start(effects),
            Input::Frame { socket, text } => self.handle_text(socket, text, effects),
            Input::Closed { socket, code } => self.connection.closed(socket, code, effects),
            Input::Timeout => self.handle_timeout(effects),
            Input::Online => self.connection.online(effects),
            Input::Offline => self.connection.probe(effects),
            Input::Visible => self.connection.retry_now(effects),
            Input::Leave { room } => self.leave(room, effects),
            Input::Command { room, id, command, key } => self.command(room, id, command, key, effects),
            Input::Retry { room, id } => {
                let space = self.has_space();
                self.with_room(room, |room| room.retry(id, space, effects));
            }
            Input::Discard { room, id } => self.with_room(room, |room| room.discard(id, effects)),
            Input::LoadOlder { room } => self.with_room(room, |room| room.load_older(effects)),
            Input::Typing { room } => self.with_room(room, |room| room.send_typing(effects)),
            Input::Read { room } => self.with_room(room, |room| room.read(effects)),
        }
    }

    fn handle_timeout(&mut self, effects: &mut Effects) {
        self.connection.handle_timeout(effects);
        let live = self.connection.is_live();
        for room in self.rooms.values_mut() {
            room.handle_timeout(live, effects);
        }
    }

    fn command(&mut self, room: &str, id: String, mut command: Command, key: Option<&str>, effects: &mut Effects) {
        let mut failed = None;
        if let Command::Edit { target, text } = &mut command
            && key.is_some_and(|key| !self.shows(room, target.seq, key))
        {
            command = Command::Send { text: std::mem::take(text), reply_to: None };
            failed = Some(FailureReason::TargetGone);
        }
        if let Some(reference) = command.reference_mut() {
            reference.uid = self.rooms.get(room).and_then(|room| room.uid_at(reference.seq)).cloned();
        }
        if command.target().is_some_and(|target| target.uid.is_none()) {
            // The person can click on a message that the timeline has just removed.
            return;
        }
        let at = self.next_command_time(effects);
        self.enqueue(PendingCommand { room: room.to_owned(), id, command, at, failed }, effects);
    }

    fn shows(&self, room: &str, seq: u64, key: &str) -> bool {
        let is_it = |item: &TimelineItem| item.seq == Some(seq) && item.key == key;
        self.rooms.get(room).is_some_and(|room| room.timeline().iter().any(is_it))
    }

    /// Every command has its own time, because persisted commands are restored in the order of their times.
    fn next_command_time(&mut self, effects: &Effects) -> u64 {
        self.last_command_at = effects.now.max(self.last_command_at.saturating_add(1));
        self.last_command_at
    }

    fn enqueue(&mut self, pending: PendingCommand, effects: &mut Effects) {
        let space = self.has_space();
        if let Some(room) = self.rooms.get_mut(&pending.room) {
            room.send(pending, space, effects);
            return;
        }
        let outbox = self.outboxes_of_closed_rooms.get_or_insert_with(&pending.room, Outbox::default);
        if !outbox.has(&pending.id) {
            outbox.push(pending, space, effects);
        }
    }

    fn leave(&mut self, name: &str, effects: &mut Effects) {
        let Some(room) = self.rooms.remove(name) else { return };
        if self.connection.is_live() {
            effects.transmit(&ClientFrame::Leave { room: name.to_owned() });
            // Rooms that were refused because of the limit may fit now.
            for room in self.rooms.values_mut().filter(|room| room.refusal().is_some()) {
                room.join_if_needed(true, effects);
            }
        }
        let outbox = room.into_outbox();
        if !outbox.is_empty() {
            self.outboxes_of_closed_rooms.get_or_insert_with(name, || outbox);
        }
        effects.changed(StateChange::Rooms);
    }

    fn has_space(&self) -> bool {
        let open = self.rooms.values().map(Room::outbox);
        open.chain(self.outboxes_of_closed_rooms.values()).map(Outbox::len).sum::<usize>() < CAPACITY
    }

    /// Runs `action` on a room if it is open. The person can click in a room that was just left.
    pub(crate) fn with_room(&mut self, room: &str, action: impl FnOnce(&mut Room)) {
        if let Some(room) = self.rooms.get_mut(room) {
            action(room);
        }
    }
}
