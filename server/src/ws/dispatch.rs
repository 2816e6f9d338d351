//! What a frame does: it is decoded, its sender's allowance and its fields are checked, and the hub is asked.

use std::{collections::BTreeSet, ops::ControlFlow, sync::Arc, time::Instant};

use protocol::{
    ClientFrame, CloseCode, Command, Cursor, DecodeError, Error, MessageId, RefusalCode, RoomName, ServerFrame, User,
    limits,
};
use rand::distr::{Alphanumeric, SampleString};

use super::{
    bucket::{Rate, TokenBucket},
    too_fast,
};
use crate::{
    clock,
    http::AppState,
    hub::{Closing, Denied, Mailbox, Parting, encode},
    names,
};

/// When to come back to a backend that cannot be reached.
const UNAVAILABLE_MS: u64 = 1_000;

/// A signed-in socket.
pub(super) struct Session {
    app: Arc<AppState>,
    user: User,
    /// Names this connection over all instances.
    connection: String,
    mailbox: Arc<Mailbox>,
    rooms: BTreeSet<RoomName>,
    frames: TokenBucket,
    typing: TokenBucket,
    reads: TokenBucket,
}

/// How often somebody may be said to be writing; more is not passed on, and nobody is told.
const TYPING: Rate = Rate { per_second: 1.0, burst: 5.0 };

/// How often somebody may say how far they have read: once a second in each room, and at once in many that were read before the
/// connection came back. More is passed over, and nobody is told.
const READS: Rate = Rate { per_second: 5.0, burst: 60.0 };

/// However a socket ends, its person leaves every room, and may be back in a moment.
impl Drop for Session {
    fn drop(&mut self) {
        for room in std::mem::take(&mut self.rooms) {
            self.app.hub.leave(&room, &self.connection, Parting::Lost);
        }
        self.mailbox.close(Closing::Gone);
    }
}

/// What a refusal is about.
#[derive(Default)]
struct About {
    re: String,
    room: Option<String>,
    id: Option<String>,
}

impl Session {
    pub fn new(app: Arc<AppState>, user: User, mailbox: Arc<Mailbox>) -> Self {
        let limits = &app.config.limits;
        let rate = Rate { per_second: limits.frames_per_second, burst: limits.frames_burst };
        let connection = Alphanumeric.sample_string(&mut rand::rng(), 12);
        let now = Instant::now();
        let (frames, typing) = (TokenBucket::new(rate, now), TokenBucket::new(TYPING, now));
        let reads = TokenBucket::new(READS, now);
        Self { app, user, connection, mailbox, rooms: BTreeSet::new(), frames, typing, reads }
    }

    /// Follows one text message. It breaks where the peer does not speak this protocol.
    pub async fn hear(&mut self, text: &str) -> ControlFlow<Closing> {
        let allowed = self.frames.take(Instant::now()).map_err(too_fast);
        let frame = match ClientFrame::decode(text) {
            Ok(frame) => frame,
            Err(DecodeError::NotThisProtocol) => {
                return ControlFlow::Break(Closing::AfterFlush(CloseCode::NotThisProtocol));
            }
            Err(DecodeError::BadFrame { re, room, id }) => {
                let message = "This frame is not known, or lacks a field of its type.";
                self.refuse(About { re, room, id }, &Error::new(RefusalCode::BadFrame, message));
                return ControlFlow::Continue(());
            }
        };
        let about = About::from(&frame);
        let followed = match allowed {
            // One who leaves asks for less than before, and would not ask again.
            Err(error) if !matches!(frame, ClientFrame::Leave { .. }) => Err(error),
            _ => self.follow(frame).await,
        };
        if let Err(error) = followed {
            self.refuse(about, &error);
        }
        ControlFlow::Continue(())
    }

    async fn follow(&mut self, frame: ClientFrame) -> Result<(), Error> {
        match frame {
            ClientFrame::Join { room, after } => self.join(&room, after).await,
            ClientFrame::Leave { room } => self.leave(&room),
            ClientFrame::Command { room, id, command } => self.command(&room, &id, &command).await,
            ClientFrame::History { room, before, limit } => self.history(&room, before, limit).await,
            ClientFrame::Typing { room } => self.typing(&room).await,
            ClientFrame::Read { room, seq, uid } => self.read(&room, seq, uid.as_deref()),
            ClientFrame::Ping => {
                self.reply(&ServerFrame::Pong);
                Ok(())
            }
        }
    }

    async fn join(&mut self, room: &str, after: Option<Cursor>) -> Result<(), Error> {
        let room = names::room(room)?;
        let most = self.app.config.limits.rooms;
        if !self.rooms.contains(&room) && self.rooms.len() >= most {
            let message = format!("You are in {most} rooms, which is the most. Leave one first.");
            return Err(Error::new(RefusalCode::TooManyRooms, message));
        }
        self.app.sockets.may_join(&self.user.id)?;
        // Before the answer: a socket that ends meanwhile has to be taken out of the room.
        self.rooms.insert(room.clone());
        let joined = self.app.hub.join(&room, &self.connection, &self.user, &self.mailbox, after).await;
        if joined.is_err() {
            self.rooms.remove(&room);
        }
        joined.map_err(unavailable)
    }

    fn leave(&mut self, room: &str) -> Result<(), Error> {
        let room = self.joined(room)?;
        self.rooms.remove(&room);
        self.app.hub.leave(&room, &self.connection, Parting::Now);
        Ok(())
    }

    async fn command(&self, room: &str, id: &str, command: &Command) -> Result<(), Error> {
        let room = self.joined(room)?;
        let id = MessageId::new(id)?;
        command.check()?;
        self.app.sockets.may_send(&self.user.id, command.text().unwrap_or_default())?;
        let done = self.app.hub.act(&room, &self.user, &id, &command.into(), clock::now_ms()).await;
        let done = done.map_err(|denied| match denied {
            Denied::Forbidden(error) => error,
            Denied::Unavailable(error) => unavailable(error),
        })?;
        self.reply(&ServerFrame::Sent { room: room.to_string(), id: id.to_string(), seq: done.seq, at: done.at });
        Ok(())
    }

    async fn history(&self, room: &str, before: Option<u64>, limit: Option<u32>) -> Result<(), Error> {
        let room = self.joined(room)?;
        let limit = limit.map_or(limits::PAGE, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        let page = self.app.hub.older(&room, before, limit.clamp(1, limits::HISTORY_PAGE)).await;
        self.mailbox.reply(page.map_err(unavailable)?);
        Ok(())
    }

    async fn typing(&mut self, room: &str) -> Result<(), Error> {
        let room = self.joined(room)?;
        if self.typing.take(Instant::now()).is_err() {
            return Ok(());
        }
        self.app.hub.typing(&room, &self.user).await.map_err(unavailable)
    }

    fn read(&mut self, room: &str, seq: u64, uid: Option<&str>) -> Result<(), Error> {
        let room = self.joined(room)?;
        if self.reads.take(Instant::now()).is_ok() {
            self.app.hub.read(&room, &self.user.id, &self.connection, seq, uid);
        }
        Ok(())
    }

    fn joined(&self, room: &str) -> Result<RoomName, Error> {
        let room = names::room(room)?;
        if self.rooms.contains(&room) {
            Ok(room)
        } else {
            Err(Error::new(RefusalCode::NotJoined, "Join the room first."))
        }
    }

    fn reply(&self, frame: &ServerFrame) {
        self.mailbox.reply(encode(frame));
    }

    fn refuse(&self, about: About, error: &Error) {
        metrics::counter!("sala_refusals_total", "code" => error.code.as_str()).increment(1);
        self.reply(&ServerFrame::Refused {
            re: about.re,
            room: about.room,
            id: about.id,
            code: error.code,
            message: error.message.clone(),
            retry_after_ms: error.retry_after_ms,
        });
    }
}

impl From<&ClientFrame> for About {
    fn from(frame: &ClientFrame) -> Self {
        let (room, id) = (frame.room().map(str::to_owned), frame.id().map(str::to_owned));
        Self { re: frame.name().to_owned(), room, id }
    }
}

fn unavailable(error: crate::backend::Error) -> Error {
    tracing::warn!(%error, "a request could not be granted");
    Error::unavailable(UNAVAILABLE_MS)
}
