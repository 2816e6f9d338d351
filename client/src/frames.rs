//! Handles the frames of the server and dispatches them to the rooms. Frames about rooms that are not open are dropped.

use protocol::{Limits, RefusalCode, ServerFrame, User};

use crate::connection::SocketRole;
use crate::effects::Effects;
use crate::presence::People;
use crate::room::{HistoryPage, Joined, Refused};
use crate::timeline::TimelinePage;
use crate::{Client, Room, StopReason};

impl Client {
    /// Handles a text message that was received on a socket.
    pub(crate) fn handle_text(&mut self, socket: u32, text: &str, effects: &mut Effects) {
        // An invalid frame is ignored like a frame of a newer version. An event that is lost this way shows as a gap,
        // and a request whose answer is lost is sent again.
        let frame = ServerFrame::decode(text).unwrap_or(ServerFrame::Unknown);
        match self.connection.role(socket) {
            SocketRole::Current if self.connection.is_connecting() => match frame {
                ServerFrame::Welcome { user, heartbeat_ms, limits, .. } => {
                    self.welcome(user, heartbeat_ms, limits, false, effects);
                }
                ServerFrame::Retry { after_ms } => self.connection.set_retry_after(after_ms),
                _ => {}
            },
            SocketRole::Current => {
                self.connection.received(effects.now);
                self.handle_frame(frame, effects);
            }
            SocketRole::Next => {
                if let ServerFrame::Welcome { user, heartbeat_ms, limits, .. } = frame {
                    self.welcome(user, heartbeat_ms, limits, true, effects);
                }
            }
            // Commands that were sent on the previous socket are answered there, and events may arrive there first.
            SocketRole::Previous => match &frame {
                ServerFrame::Event(_)
                | ServerFrame::Sent { .. }
                | ServerFrame::People { .. }
                | ServerFrame::Typing { .. }
                | ServerFrame::Read { .. } => self.handle_frame(frame, effects),
                ServerFrame::Refused { re, .. } if is_command(re) => self.handle_frame(frame, effects),
                _ => {}
            },
            SocketRole::Closed => {}
        }
    }

    /// Handles the `welcome` of a socket. `takes_over` is whether the socket replaces the current one.
    fn welcome(&mut self, user: User, heartbeat_ms: u64, limits: Limits, takes_over: bool, effects: &mut Effects) {
        if user.id != self.me.id {
            // Another person signed in, in another tab. The screen and the outbox of this client belong to the previous
            // person.
            self.connection.stop(StopReason::SignIn, effects);
            return;
        }
        if takes_over {
            self.connection.take_over(heartbeat_ms, effects);
            self.rooms.values_mut().for_each(Room::rotated);
        } else {
            self.connection.welcome(heartbeat_ms, effects.now);
        }
        self.frame_limit = limits.frame;
        effects.frame_limit = limits.frame;
        if user != self.me {
            for room in self.rooms.values_mut() {
                room.rename(&user);
            }
            self.me = user;
        }
        // The active room is joined first, because the server may allow only some of the rooms.
        let active_room = self.active_room.clone();
        self.with_room(&active_room, |room| room.join_if_needed(true, effects));
        for room in self.rooms.values_mut() {
            room.join_if_needed(true, effects);
        }
    }

    fn handle_frame(&mut self, frame: ServerFrame, effects: &mut Effects) {
        match frame {
            ServerFrame::Joined { room, epoch, recovered, reason, events, head, people, count, read } => {
                let answer =
                    Joined { page: TimelinePage { epoch, events, head }, recovered, reason, people, count, read };
                self.with_room(&room, |room| room.joined(answer, effects));
            }
            ServerFrame::Event(event) => {
                let room = event.room.clone();
                self.with_room(&room, |room| room.handle_event(event, effects));
            }
            ServerFrame::Sent { room, id, seq, .. } => self.sent(&room, &id, seq, effects),
            ServerFrame::Refused { re, room: Some(room), id, code, message, retry_after_ms } => {
                self.refused(&re, &room, id.as_deref(), Refused { code, message, retry_after_ms }, effects);
            }
            ServerFrame::Reset { room, reason, epoch, events, head } => {
                self.with_room(&room, |room| room.reset(TimelinePage { epoch, events, head }, reason, effects));
            }
            ServerFrame::History { room, before, events, start, trimmed } => {
                let page = HistoryPage { before, events, start, trimmed };
                self.with_room(&room, |room| room.history_received(page, effects));
            }
            ServerFrame::People { room, joined, left, count, people } => self.with_room(&room, |room| {
                for id in &left {
                    room.peer_stopped_typing(id, effects);
                }
                let update = |here: &mut People| match people {
                    Some(people) => *here = People::new(people, count),
                    None => here.update(joined, &left, count),
                };
                room.update_people(update, effects);
            }),
            ServerFrame::Typing { room, user } => self.with_room(&room, |room| room.peer_typing(user, effects)),
            ServerFrame::Read { room, seq } => self.with_room(&room, |room| room.read_elsewhere(seq, effects)),
            ServerFrame::Retry { after_ms } => self.connection.set_retry_after(after_ms),
            // The server also needs a sign of life from an idle socket.
            ServerFrame::Tick => effects.transmit(&protocol::ClientFrame::Ping),
            ServerFrame::Rotate { .. } => self.connection.rotate(effects),
            ServerFrame::Refused { room: None, .. }
            | ServerFrame::Welcome { .. }
            | ServerFrame::Pong
            | ServerFrame::Unknown => {}
        }
    }

    fn sent(&mut self, room: &str, id: &str, seq: u64, effects: &mut Effects) {
        if let Some(open) = self.rooms.get_mut(room) {
            open.sent(id, seq, effects);
        } else if let Some(outbox) = self.outboxes_of_closed_rooms.get_mut(room) {
            outbox.confirm(id, effects);
        }
    }

    fn refused(&mut self, re: &str, room: &str, id: Option<&str>, refused: Refused, effects: &mut Effects) {
        self.with_room(room, |room| match (re, id) {
            ("join", _) => room.join_refused(refused, effects),
            (re, Some(id)) if is_command(re) => room.send_refused(id, refused, effects),
            ("history", _) => room.history_refused(&refused, effects),
            ("typing" | "read", _) if refused.code == RefusalCode::NotJoined => room.not_joined(effects),
            _ => {}
        });
    }
}

/// Whether frames of this type carry commands.
fn is_command(re: &str) -> bool {
    matches!(re, "send" | "edit" | "delete" | "react")
}
