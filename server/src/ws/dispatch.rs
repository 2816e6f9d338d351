//! Handles the frames of one socket: decodes a frame, checks the sender's rate limits and the fields, and calls the
//! hub.

use std::{collections::BTreeSet, ops::ControlFlow, sync::Arc, time::Instant};

use protocol::{
    ClientFrame, CloseCode, Command, Cursor, DecodeError, Error, MessageId, RefusalCode, RoomName, ServerFrame, User,
    limits,
};

use crate::{
    app_state::AppState,
    clock,
    hub::{CloseMode, CommandError, LeaveReason, SendQueue, encode},
    normalize, random,
    rate_limit::{RateLimit, TokenBucket, too_fast},
};

/// The retry delay for clients when the backend is unavailable.
const UNAVAILABLE_RETRY_MS: u64 = 1_000;

/// Handles the frames of one signed-in socket.
pub(super) struct Dispatcher {
    app: Arc<AppState>,
    user: User,
    /// Id of this connection, unique over all instances.
    connection: String,
    send_queue: Arc<SendQueue>,
    rooms: BTreeSet<RoomName>,
    frames: TokenBucket,
    typing: TokenBucket,
    reads: TokenBucket,
}

/// Limit for `typing`; more is ignored without a refusal.
const TYPING_LIMIT: RateLimit = RateLimit { per_second: 1.0, burst: 5.0 };

/// Limit for `read`: clients send it once a second in each room, and for many rooms at once after a reconnection. More
/// is ignored without a refusal.
const READ_LIMIT: RateLimit = RateLimit { per_second: 5.0, burst: 60.0 };

/// When a socket ends for any reason, its connection leaves every room as disconnected.
impl Drop for Dispatcher {
    fn drop(&mut self) {
        for room in std::mem::take(&mut self.rooms) {
            self.app.hub.leave(&room, &self.connection, LeaveReason::Disconnected);
        }
        self.send_queue.close(CloseMode::Disconnected);
    }
}

/// The fields of a refusal that refer to the refused frame.
#[derive(Default)]
struct RefusalContext {
    re: String,
    room: Option<String>,
    id: Option<String>,
}

impl Dispatcher {
    pub fn new(app: Arc<AppState>, user: User, send_queue: Arc<SendQueue>) -> Self {
        let limits = &app.config.limits;
        let rate = RateLimit { per_second: limits.frames_per_second, burst: limits.frames_burst };
        let connection = random::token(12);
        let now = Instant::now();
        let (frames, typing) = (TokenBucket::new(rate, now), TokenBucket::new(TYPING_LIMIT, now));
        let reads = TokenBucket::new(READ_LIMIT, now);
        Self { app, user, connection, send_queue, rooms: BTreeSet::new(), frames, typing, reads }
    }

    /// Handles one text message. Breaks if the peer does not speak this protocol.
    pub async fn handle_text(&mut self, text: &str) -> ControlFlow<CloseMode> {
        let allowed = self.frames.take(Instant::now()).map_err(too_fast);
        let frame = match ClientFrame::decode(text) {
            Ok(frame) => frame,
            Err(DecodeError::NotThisProtocol) => {
                return ControlFlow::Break(CloseMode::AfterFlush(CloseCode::NotThisProtocol));
            }
            Err(DecodeError::BadFrame { re, room, id }) => {
                let message = "This frame is not known, or lacks a field of its type.";
                self.refuse(RefusalContext { re, room, id }, &Error::new(RefusalCode::BadFrame, message));
                return ControlFlow::Continue(());
            }
        };
        let refused = match allowed {
            // `leave` is never rate-limited: it frees resources, and clients do not retry it.
            Err(error) if !matches!(frame, ClientFrame::Leave { .. }) => Err((RefusalContext::from(&frame), error)),
            _ => self.handle_frame(frame).await,
        };
        if let Err((context, error)) = refused {
            self.refuse(context, &error);
        }
        ControlFlow::Continue(())
    }

    async fn handle_frame(&mut self, frame: ClientFrame) -> Result<(), (RefusalContext, Error)> {
        let re = frame.name();
        let (result, room, id) = match frame {
            ClientFrame::Join { room, after } => (self.join(&room, after).await, Some(room), None),
            ClientFrame::Leave { room } => (self.leave(&room), Some(room), None),
            ClientFrame::Command { room, id, command } => {
                (self.run_command(&room, &id, command).await, Some(room), Some(id))
            }
            ClientFrame::History { room, before, limit } => {
                (self.history(&room, before, limit).await, Some(room), None)
            }
            ClientFrame::Typing { room } => (self.typing(&room).await, Some(room), None),
            ClientFrame::Read { room, seq, uid } => (self.read(&room, seq, uid.as_deref()), Some(room), None),
            ClientFrame::Ping => {
                self.respond(&ServerFrame::Pong);
                (Ok(()), None, None)
            }
        };
        result.map_err(|error| (RefusalContext { re: re.to_owned(), room, id }, error))
    }

    async fn join(&mut self, room: &str, after: Option<Cursor>) -> Result<(), Error> {
        let room = normalize::room_name(room)?;
        let limit = self.app.config.limits.rooms;
        if !self.rooms.contains(&room) && self.rooms.len() >= limit {
            let message = format!("You are in {limit} rooms, which is the limit. Leave one first.");
            return Err(Error::new(RefusalCode::TooManyRooms, message));
        }
        self.app.rate_limits.check_join(&self.user.id)?;
        // Before the join completes: a socket that closes meanwhile has to leave the room.
        self.rooms.insert(room.clone());
        let joined = self.app.hub.join(&room, &self.connection, &self.user, &self.send_queue, after).await;
        if joined.is_err() {
            self.rooms.remove(&room);
        }
        joined.map_err(unavailable)
    }

    fn leave(&mut self, room: &str) -> Result<(), Error> {
        let room = self.joined(room)?;
        self.rooms.remove(&room);
        self.app.hub.leave(&room, &self.connection, LeaveReason::Requested);
        Ok(())
    }

    async fn run_command(&self, room: &str, id: &str, command: Command) -> Result<(), Error> {
        let room = self.joined(room)?;
        let id = MessageId::new(id)?;
        command.check()?;
        self.app.rate_limits.check_command(&self.user.id, command.text().unwrap_or_default())?;
        let receipt = self.app.hub.run_command(&room, &self.user, &id, command, clock::now_ms()).await;
        let receipt = receipt.map_err(|error| match error {
            CommandError::Forbidden(error) => error,
            CommandError::Unavailable(error) => unavailable(error),
        })?;
        self.respond(&ServerFrame::Sent {
            room: room.to_string(),
            id: id.to_string(),
            seq: receipt.seq,
            at: receipt.at,
        });
        Ok(())
    }

    async fn history(&self, room: &str, before: Option<u64>, limit: Option<u32>) -> Result<(), Error> {
        let room = self.joined(room)?;
        let limit = limit.map_or(limits::PAGE, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        let page = self.app.hub.history(&room, before, limit.clamp(1, limits::HISTORY_PAGE)).await;
        self.send_queue.push_response(page.map_err(unavailable)?);
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
            self.app.hub.set_read_marker(&room, &self.user.id, &self.connection, seq, uid);
        }
        Ok(())
    }

    fn joined(&self, room: &str) -> Result<RoomName, Error> {
        let room = normalize::room_name(room)?;
        if self.rooms.contains(&room) {
            Ok(room)
        } else {
            Err(Error::new(RefusalCode::NotJoined, "Join the room first."))
        }
    }

    fn respond(&self, frame: &ServerFrame) {
        self.send_queue.push_response(encode(frame));
    }

    fn refuse(&self, context: RefusalContext, error: &Error) {
        metrics::counter!("sala_refusals_total", "code" => error.code.as_str()).increment(1);
        self.respond(&ServerFrame::Refused {
            re: context.re,
            room: context.room,
            id: context.id,
            code: error.code,
            message: error.message.clone(),
            retry_after_ms: error.retry_after_ms,
        });
    }
}

impl From<&ClientFrame> for RefusalContext {
    fn from(frame: &ClientFrame) -> Self {
        let (room, id) = (frame.room().map(str::to_owned), frame.id().map(str::to_owned));
        Self { re: frame.name().to_owned(), room, id }
    }
}

fn unavailable(error: crate::backend::BackendError) -> Error {
    tracing::warn!(%error, "a request failed because the backend is unavailable");
    Error::unavailable(UNAVAILABLE_RETRY_MS)
}
