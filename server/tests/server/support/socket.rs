use std::{net::SocketAddr, time::Duration};

use protocol::{ClientFrame, Command, Cursor, Event, Kind, RefusalCode, ServerFrame};
use testkit::{Message, Received, WebSocket};
use tokio::time::timeout;

/// How long anything may take before the test fails.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A client's socket. Frames about people can be skipped, because they arrive whenever somebody enters or leaves.
pub struct TestSocket {
    inner: WebSocket,
    pub me: protocol::User,
    /// `seq` of the last event.
    pub last_seq: u64,
}

/// The fields of `joined`.
#[derive(Debug)]
pub struct JoinAnswer {
    pub epoch: String,
    pub recovered: bool,
    pub reason: Option<protocol::Reason>,
    pub events: Vec<Event>,
    pub head: protocol::Head,
    pub people: Vec<protocol::User>,
    pub count: u64,
}

impl JoinAnswer {
    pub fn cursor(&self) -> Cursor {
        Cursor { epoch: self.epoch.clone(), seq: self.head.seq, uid: self.head.uid.clone() }
    }
}

impl TestSocket {
    pub async fn open(address: SocketAddr, cookie: &str) -> Self {
        let inner = WebSocket::open(address, cookie).await.unwrap();
        let nobody = protocol::User { id: String::new(), name: String::new() };
        let mut socket = Self { inner, me: nobody, last_seq: 0 };
        let ServerFrame::Welcome { user, .. } = socket.next().await else { panic!("welcome comes first") };
        socket.me = user;
        socket
    }

    pub async fn send(&mut self, frame: ClientFrame) {
        self.inner.send(&frame).await.unwrap();
    }

    /// Sends a message without waiting for its acknowledgement.
    pub async fn send_message(&mut self, room: &str, id: &str, text: &str) {
        self.send(ClientFrame::Command { room: room.into(), id: id.into(), command: Command::send(text) }).await;
    }

    pub async fn send_raw(&mut self, message: Message) {
        self.inner.send_message(message).await.unwrap();
    }

    pub async fn send_text(&mut self, text: &str) {
        self.send_raw(Message::text(text)).await;
    }

    /// The next message of any kind; `None` at the end.
    pub async fn next_raw(&mut self) -> Option<Message> {
        timeout(PATIENCE, self.inner.receive_message()).await.expect("an answer in time")
    }

    /// The next frame.
    pub async fn next(&mut self) -> ServerFrame {
        let text = match self.receive().await {
            Received::Text(text) => text,
            Received::Closed(code) => panic!("a frame, not a close with {code}"),
        };
        let frame = ServerFrame::decode(&text).unwrap();
        if let ServerFrame::Event(event) = &frame {
            self.last_seq = event.seq;
        }
        frame
    }

    /// The next frame that is not about people.
    pub async fn answer(&mut self) -> ServerFrame {
        loop {
            match self.next().await {
                ServerFrame::People { .. } => {}
                frame => return frame,
            }
        }
    }

    /// The close code. Skips the frames before it.
    pub async fn closed(&mut self) -> u16 {
        loop {
            if let Received::Closed(code) = self.receive().await {
                return code;
            }
        }
    }

    async fn receive(&mut self) -> Received {
        timeout(PATIENCE, self.inner.receive()).await.expect("an answer in time")
    }

    pub async fn join(&mut self, room: &str) -> JoinAnswer {
        self.rejoin(room, None).await
    }

    pub async fn rejoin(&mut self, room: &str, after: Option<Cursor>) -> JoinAnswer {
        self.send(ClientFrame::Join { room: room.into(), after }).await;
        loop {
            match self.answer().await {
                ServerFrame::Joined { epoch, recovered, reason, events, head, people, count, .. } => {
                    return JoinAnswer { epoch, recovered, reason, events, head, people, count };
                }
                // A member that joins again may receive events before the response.
                ServerFrame::Event(_) => {}
                other => panic!("joined, not {other:?}"),
            }
        }
    }

    /// Sends a new message and waits for its acknowledgement and its event, in any order. Skips the events before it.
    pub async fn say(&mut self, room: &str, id: &str, text: &str) -> u64 {
        self.send_message(room, id, text).await;
        let (mut acknowledged, mut heard) = (None, None);
        loop {
            match self.answer().await {
                ServerFrame::Sent { id: sent, seq, .. } if sent == id => acknowledged = Some(seq),
                ServerFrame::Event(event) if event.author == self.me => heard = Some(event.seq),
                ServerFrame::Event(_) | ServerFrame::Tick => {}
                other => panic!("sent, not {other:?}"),
            }
            if let (Some(seq), true) = (acknowledged, acknowledged == heard) {
                return seq;
            }
        }
    }

    /// Repeats a message and waits for its acknowledgement.
    pub async fn repeat(&mut self, room: &str, id: &str, text: &str) -> u64 {
        self.send_message(room, id, text).await;
        match self.answer().await {
            ServerFrame::Sent { id: sent, seq, .. } if sent == id => seq,
            other => panic!("sent, not {other:?}"),
        }
    }

    /// Sends a message with one id until it is acknowledged.
    pub async fn say_until_taken(&mut self, room: &str, id: &str, text: &str) {
        loop {
            self.send_message(room, id, text).await;
            loop {
                match self.answer().await {
                    ServerFrame::Sent { .. } => return,
                    ServerFrame::Refused { code: RefusalCode::Unavailable, .. } => break,
                    ServerFrame::Event(_) => {}
                    other => panic!("sent, not {other:?}"),
                }
            }
        }
    }

    /// Sends a command and waits for its acknowledgement or refusal. Skips the events before it.
    pub async fn ask(&mut self, frame: ClientFrame) -> Result<u64, (RefusalCode, String)> {
        self.send(frame).await;
        loop {
            match self.answer().await {
                ServerFrame::Sent { seq, .. } => return Ok(seq),
                ServerFrame::Refused { code, message, .. } => return Err((code, message)),
                ServerFrame::Event(_) | ServerFrame::Tick => {}
                other => panic!("an answer, not {other:?}"),
            }
        }
    }

    /// The next event.
    pub async fn event(&mut self) -> Event {
        loop {
            match self.answer().await {
                ServerFrame::Event(event) => return event,
                ServerFrame::Sent { .. } | ServerFrame::Tick => {}
                other => panic!("an event, not {other:?}"),
            }
        }
    }

    /// The code of the next refusal.
    pub async fn refused(&mut self) -> RefusalCode {
        match self.answer().await {
            ServerFrame::Refused { code, .. } => code,
            other => panic!("refused, not {other:?}"),
        }
    }

    /// Asserts that the socket is open and answered.
    pub async fn assert_open(&mut self) {
        self.send(ClientFrame::Ping).await;
        assert_eq!(self.answer().await, ServerFrame::Pong);
    }
}

pub fn text(event: &Event) -> &str {
    match &event.kind {
        Kind::Message { text, .. } => text,
        other => panic!("a message, not {other:?}"),
    }
}
