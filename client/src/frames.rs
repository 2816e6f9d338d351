//! What the server says, brought to the room that it is about. Frames about rooms that were left meanwhile are dropped.

use protocol::{Limits, RefusalCode, ServerFrame, User};

use crate::connection::Source;
use crate::presence::People;
use crate::room::{Joined, OlderPage, Refused};
use crate::timeline::Page;
use crate::turn::Turn;
use crate::{Client, Effect, Room, StopReason};

impl Client {
    /// Takes a text message.
    pub(crate) fn receive(&mut self, socket: u32, text: &str, turn: &mut Turn) {
        // What cannot be read is passed over like a frame of a newer version: what it said of a room is missed there,
        // and an answer that never comes is asked for again.
        let frame = ServerFrame::decode(text).unwrap_or(ServerFrame::Unknown);
        match self.connection.source(socket) {
            Source::Present if self.connection.is_connecting() => match frame {
                ServerFrame::Welcome { user, heartbeat_ms, limits, .. } => {
                    self.welcome(user, heartbeat_ms, limits, false, turn);
                }
                ServerFrame::Retry { after_ms } => self.connection.retry(after_ms),
                _ => {}
            },
            Source::Present => {
                self.connection.heard(turn.now);
                self.dispatch(frame, turn);
            }
            Source::Next => {
                if let ServerFrame::Welcome { user, heartbeat_ms, limits, .. } = frame {
                    self.welcome(user, heartbeat_ms, limits, true, turn);
                }
            }
            // What was said on it is answered there, and events may still come to it first.
            Source::Last => match &frame {
                ServerFrame::Event(_)
                | ServerFrame::Sent { .. }
                | ServerFrame::People { .. }
                | ServerFrame::Typing { .. }
                | ServerFrame::Read { .. } => self.dispatch(frame, turn),
                ServerFrame::Refused { re, .. } if is_said(re) => self.dispatch(frame, turn),
                _ => {}
            },
            Source::Gone => {}
        }
    }

    /// Takes a socket into use, which may take over from the present one.
    fn welcome(&mut self, user: User, heartbeat_ms: u64, limits: Limits, takes_over: bool, turn: &mut Turn) {
        if user.id != self.me.id {
            // Somebody else signed in, in another tab: what is on this screen and in its outbox is not theirs.
            self.connection.stop(StopReason::SignIn, turn);
            return;
        }
        if takes_over {
            self.connection.take_over(heartbeat_ms, turn);
            self.rooms.values_mut().for_each(Room::moved);
        } else {
            self.connection.welcome(heartbeat_ms, turn.now);
        }
        self.frame_limit = limits.frame;
        turn.frame_limit = limits.frame;
        if user != self.me {
            for room in self.rooms.values_mut() {
                room.rename(&user, turn);
            }
            self.me = user;
        }
        // The room that is looked at comes first: the server may have room for no more than some of them.
        let front = self.front.clone();
        self.with(&front, |room| room.enter(true, turn));
        for room in self.rooms.values_mut() {
            room.enter(true, turn);
        }
    }

    fn dispatch(&mut self, frame: ServerFrame, turn: &mut Turn) {
        match frame {
            ServerFrame::Joined { room, epoch, recovered, reason, events, head, people, count, read } => {
                let answer = Joined { page: Page { epoch, events, head }, recovered, reason, people, count, read };
                self.with(&room, |room| room.joined(answer, turn));
            }
            ServerFrame::Event(event) => {
                let room = event.room.clone();
                self.with(&room, |room| room.receive(event, turn));
            }
            ServerFrame::Sent { room, id, seq, .. } => self.sent(&room, &id, seq, turn),
            ServerFrame::Refused { re, room: Some(room), id, code, message, retry_after_ms } => {
                self.refused(&re, &room, id.as_deref(), Refused { code, message, retry_after_ms }, turn);
            }
            ServerFrame::Reset { room, reason, epoch, events, head } => {
                self.with(&room, |room| room.reset(Page { epoch, events, head }, reason, turn));
            }
            ServerFrame::History { room, before, events, start, trimmed } => {
                let page = OlderPage { before, events, start, trimmed };
                self.with(&room, |room| room.older_came(page, turn));
            }
            ServerFrame::People { room, joined, left, count, people } => self.with(&room, |room| {
                for id in &left {
                    room.stopped_writing(id, turn);
                }
                let update = |here: &mut People| match people {
                    Some(people) => *here = People::new(people, count),
                    None => here.update(joined, &left, count),
                };
                room.people_changed(update, turn);
            }),
            ServerFrame::Typing { room, user } => self.with(&room, |room| room.wrote(user, turn)),
            ServerFrame::Read { room, seq } => self.with(&room, |room| room.read_elsewhere(seq, turn)),
            ServerFrame::Retry { after_ms } => self.connection.retry(after_ms),
            // The server, too, wants to hear something of an idle socket.
            ServerFrame::Tick => turn.transmit(&protocol::ClientFrame::Ping),
            ServerFrame::Rotate { .. } => self.connection.rotate(turn),
            ServerFrame::Refused { room: None, .. }
            | ServerFrame::Welcome { .. }
            | ServerFrame::Pong
            | ServerFrame::Unknown => {}
        }
    }

    fn sent(&mut self, room: &str, id: &str, seq: u64, turn: &mut Turn) {
        if let Some(open) = self.rooms.get_mut(room) {
            open.sent(id, seq, turn);
        } else if self.put_by.get_mut(room).is_some_and(|outbox| outbox.settle(id)) {
            turn.effect(Effect::Forget { room: room.to_owned(), id: id.to_owned() });
        }
    }

    fn refused(&mut self, re: &str, room: &str, id: Option<&str>, refused: Refused, turn: &mut Turn) {
        self.with(room, |room| match (re, id) {
            ("join", _) => room.join_refused(refused, turn),
            (re, Some(id)) if is_said(re) => room.send_refused(id, refused, turn),
            ("history", _) => room.older_refused(&refused, turn),
            ("typing" | "read", _) if refused.code == RefusalCode::NotJoined => room.expelled(turn),
            _ => {}
        });
    }
}

/// Whether frames of that type come from the outbox.
fn is_said(re: &str) -> bool {
    matches!(re, "send" | "edit" | "delete" | "react")
}
