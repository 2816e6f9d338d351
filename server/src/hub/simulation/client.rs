use std::sync::Arc;

use protocol::{Cursor, Event, Head, Reason, ServerFrame, User};

use crate::hub::{CloseMode, NextWrite, SendQueue};

/// Somebody with one socket after the other, who remembers where they stand and believes nothing.
pub struct SimulatedClient {
    pub user: User,
    pub connection: String,
    pub send_queue: Arc<SendQueue>,
    /// The last event that was heard, on this socket or an earlier one.
    pub cursor: Option<Cursor>,
    /// Whether the join of this socket was answered.
    pub is_joined: bool,
    /// Whether there is a socket.
    pub is_connected: bool,
    sockets: u32,
}

impl SimulatedClient {
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

    /// Begins with another socket.
    pub fn connect(&mut self) {
        self.sockets += 1;
        self.connection = format!("{}-{}", self.user.id, self.sockets);
        self.send_queue = Arc::default();
        (self.is_joined, self.is_connected) = (false, true);
    }

    pub fn disconnect(&mut self) {
        (self.is_joined, self.is_connected) = (false, false);
    }

    /// Reads what waits in the mailbox, as the writer of a socket would.
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
                NextWrite::Close(CloseMode::Now(_) | CloseMode::AfterFlush(_) | CloseMode::Gone) => self.disconnect(),
            }
        }
    }

    fn handle_frame(&mut self, frame: &ServerFrame) {
        match frame {
            ServerFrame::Joined { recovered: true, epoch, events, head, .. } => {
                let cursor = self.cursor.clone().expect("nothing can be recovered without a cursor");
                assert_eq!(*epoch, cursor.epoch, "recovered over lives");
                self.is_joined = true;
                events.iter().for_each(|event| self.apply(event));
                self.assert_head(head);
            }
            ServerFrame::Joined { recovered: false, reason, epoch, events, head, .. } => {
                assert!(reason.is_some(), "it says why");
                assert!(*reason != Some(Reason::New) || self.cursor.is_none(), "there was a cursor");
                self.is_joined = true;
                self.replace_view(epoch, events, head);
            }
            ServerFrame::Reset { epoch, events, head, .. } => {
                assert!(self.is_joined, "a reset before the answer to the join");
                self.replace_view(epoch, events, head);
            }
            ServerFrame::Event(event) => {
                assert!(self.is_joined, "an event before the answer to the join");
                self.apply(event);
            }
            ServerFrame::People { .. } => {}
            other => panic!("{other:?}"),
        }
    }

    fn apply(&mut self, event: &Event) {
        let cursor = self.cursor.as_mut().expect("a view to apply");
        assert_eq!(
            (event.seq, &event.prev),
            (cursor.seq + 1, &cursor.uid),
            "{} hears a hole or a repetition",
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
        let cursor = self.cursor.as_ref().expect("a view");
        assert_eq!((cursor.seq, &cursor.uid), (head.seq, &head.uid), "the head is the last event");
    }
}
