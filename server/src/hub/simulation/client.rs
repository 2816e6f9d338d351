use std::sync::Arc;

use protocol::{Cursor, Event, Head, Reason, ServerFrame, User};

use crate::hub::{CloseMode, NextWrite, SendQueue};

/// A client that opens one socket after the other, keeps its cursor, and asserts that every frame fits it.
pub struct SimulatedMember {
    pub user: User,
    pub connection: String,
    pub send_queue: Arc<SendQueue>,
    /// The last event received, on this socket or an earlier one.
    pub cursor: Option<Cursor>,
    /// Whether the join on this socket was answered.
    pub is_joined: bool,
    /// Whether a socket is open.
    pub is_connected: bool,
    sockets: u32,
}

impl SimulatedMember {
    pub fn new(number: usize) -> Self {
        let name = format!("P{number}");
        let user = User { id: name.clone(), name };
        let send_queue = Arc::default();
        Self {
            user,
            connection: String::new(),
            send_queue,
            cursor: None,
            is_joined: false,
            is_connected: false,
            sockets: 0,
        }
    }

    /// Opens another socket.
    pub fn connect(&mut self) {
        self.sockets += 1;
        self.connection = format!("{}-{}", self.user.id, self.sockets);
        self.send_queue = Arc::default();
        (self.is_joined, self.is_connected) = (false, true);
    }

    pub fn disconnect(&mut self) {
        (self.is_joined, self.is_connected) = (false, false);
    }

    /// Takes frames from the send queue, as a writer task would.
    pub async fn read(&mut self) {
        while self.is_connected
            && let Some(next) = self.send_queue.try_next()
        {
            match next {
                NextWrite::Frames(frames) => {
                    for frame in frames {
                        self.handle_frame(&ServerFrame::decode(std::str::from_utf8(&frame).unwrap()).unwrap());
                    }
                    self.send_queue.mark_written();
                }
                NextWrite::Close(CloseMode::Now(_) | CloseMode::AfterFlush(_) | CloseMode::Disconnected) => {
                    self.disconnect()
                }
            }
        }
    }

    fn handle_frame(&mut self, frame: &ServerFrame) {
        match frame {
            ServerFrame::Joined { recovered: true, epoch, events, head, .. } => {
                let cursor = self.cursor.clone().expect("a join without a cursor cannot recover events");
                assert_eq!(*epoch, cursor.epoch, "recovered events of another epoch");
                self.is_joined = true;
                events.iter().for_each(|event| self.apply(event));
                self.assert_head(head);
            }
            ServerFrame::Joined { recovered: false, reason, epoch, events, head, .. } => {
                assert!(reason.is_some(), "a join that does not recover gives a reason");
                assert!(
                    *reason != Some(Reason::New) || self.cursor.is_none(),
                    "the reason is `new` only without a cursor"
                );
                self.is_joined = true;
                self.replace_view(epoch, events, head);
            }
            ServerFrame::Reset { epoch, events, head, .. } => {
                assert!(self.is_joined, "a reset before the join was answered");
                self.replace_view(epoch, events, head);
            }
            ServerFrame::Event(event) => {
                assert!(self.is_joined, "an event before the join was answered");
                self.apply(event);
            }
            ServerFrame::People { .. } => {}
            other => panic!("{other:?}"),
        }
    }

    fn apply(&mut self, event: &Event) {
        let cursor = self.cursor.as_mut().expect("joined clients have a cursor");
        assert_eq!(
            (event.seq, &event.prev),
            (cursor.seq + 1, &cursor.uid),
            "{} received a gap or a duplicate",
            self.user.id
        );
        (cursor.seq, cursor.uid) = (event.seq, event.uid.clone());
    }

    fn replace_view(&mut self, epoch: &str, events: &[Event], head: &Head) {
        let start =
            events.first().map_or_else(|| head.clone(), |first| Head { seq: first.seq - 1, uid: first.prev.clone() });
        self.cursor = Some(Cursor { epoch: epoch.to_owned(), seq: start.seq, uid: start.uid });
        events.iter().for_each(|event| self.apply(event));
        self.assert_head(head);
    }

    fn assert_head(&self, head: &Head) {
        let cursor = self.cursor.as_ref().expect("joined clients have a cursor");
        assert_eq!((cursor.seq, &cursor.uid), (head.seq, &head.uid), "the head is the last event");
    }
}
