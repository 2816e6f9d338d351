use std::sync::Arc;

use protocol::{Cursor, Event, Head, Reason, ServerFrame, User};

use crate::hub::{Closing, Mailbox, Post};

/// Somebody with one socket after the other, who remembers where they stand and believes nothing.
pub struct Member {
    pub user: User,
    pub connection: String,
    pub mailbox: Arc<Mailbox>,
    /// The last event that was heard, on this socket or an earlier one.
    pub cursor: Option<Cursor>,
    /// Whether the join of this socket was answered.
    pub is_in: bool,
    /// Whether there is a socket.
    pub is_connected: bool,
    sockets: u32,
}

impl Member {
    pub fn new(number: usize) -> Self {
        let name = format!("P{number}");
        let user = User { id: name.clone(), name };
        let mailbox = Arc::default();
        Self { user, connection: String::new(), mailbox, cursor: None, is_in: false, is_connected: false, sockets: 0 }
    }

    /// Begins with another socket.
    pub fn connect(&mut self) {
        self.sockets += 1;
        self.connection = format!("{}-{}", self.user.id, self.sockets);
        self.mailbox = Arc::default();
        (self.is_in, self.is_connected) = (false, true);
    }

    pub fn cut(&mut self) {
        (self.is_in, self.is_connected) = (false, false);
    }

    /// Reads what waits in the mailbox, as the writer of a socket would.
    pub async fn read(&mut self) {
        while self.is_connected
            && let Some(post) = self.mailbox.post()
        {
            match post {
                Post::Frames(frames) => {
                    for frame in frames {
                        self.hear(&ServerFrame::decode(std::str::from_utf8(&frame).unwrap()).unwrap());
                    }
                    self.mailbox.written();
                }
                Post::Close(Closing::Now(_) | Closing::AfterFlush(_) | Closing::Gone) => self.cut(),
            }
        }
    }

    fn hear(&mut self, frame: &ServerFrame) {
        match frame {
            ServerFrame::Joined { recovered: true, epoch, events, head, .. } => {
                let cursor = self.cursor.clone().expect("nothing can be recovered without a cursor");
                assert_eq!(*epoch, cursor.epoch, "recovered over lives");
                self.is_in = true;
                events.iter().for_each(|event| self.follow(event));
                self.stands_at(head);
            }
            ServerFrame::Joined { recovered: false, reason, epoch, events, head, .. } => {
                assert!(reason.is_some(), "it says why");
                assert!(*reason != Some(Reason::New) || self.cursor.is_none(), "there was a cursor");
                self.is_in = true;
                self.replace(epoch, events, head);
            }
            ServerFrame::Reset { epoch, events, head, .. } => {
                assert!(self.is_in, "a reset before the answer to the join");
                self.replace(epoch, events, head);
            }
            ServerFrame::Event(event) => {
                assert!(self.is_in, "an event before the answer to the join");
                self.follow(event);
            }
            ServerFrame::People { .. } => {}
            other => panic!("{other:?}"),
        }
    }

    fn follow(&mut self, event: &Event) {
        let cursor = self.cursor.as_mut().expect("a view to follow");
        assert_eq!(
            (event.seq, &event.prev),
            (cursor.seq + 1, &cursor.uid),
            "{} hears a hole or a repetition",
            self.user.id
        );
        (cursor.seq, cursor.uid) = (event.seq, event.uid.clone());
    }

    fn replace(&mut self, epoch: &str, events: &[Event], head: &Head) {
        let start =
            events.first().map_or_else(|| head.clone(), |first| Head { seq: first.seq - 1, uid: first.prev.clone() });
        self.cursor = Some(Cursor { epoch: epoch.to_owned(), seq: start.seq, uid: start.uid });
        events.iter().for_each(|event| self.follow(event));
        self.stands_at(head);
    }

    fn stands_at(&self, head: &Head) {
        let cursor = self.cursor.as_ref().expect("a view");
        assert_eq!((cursor.seq, &cursor.uid), (head.seq, &head.uid), "the head is the last event");
    }
}
