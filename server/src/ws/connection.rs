//! The life of one socket: a reader and a writer that share a [`Mailbox`]. Whoever ends it puts a reason there; the writer
//! closes the socket.

use std::{
    convert::Infallible,
    ops::{ControlFlow, Range},
    sync::Arc,
    time::Duration,
};

use axum::{
    body::Bytes,
    extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket},
};
use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use protocol::{CloseCode, Limits, ServerFrame, User, limits};
use rand::Rng;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, timeout};

use super::dispatch::Dispatcher;
use crate::{
    defence::{Defence, stands},
    http::AppState,
    hub::{self, CloseMode, EncodedFrame, NextWrite, SendQueue},
};

/// How long the last bytes of a socket may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// The part of the request timeout after which clients are asked to change sockets.
const ROTATION_FRACTION: Range<f64> = 0.75..0.95;

/// Over how long the clients of an instance that goes away are told to come back.
const RECONNECT_SPREAD_MS: u64 = 500;

/// Over how long the sockets of a full instance that goes away are closed, so that the others can take them in.
const MAX_CLOSE_DELAY: Duration = Duration::from_millis(6_500);

/// So many sockets at least are a full instance; fewer are closed sooner.
const FULL_INSTANCE_SOCKETS: f64 = 500.0;

/// Serves a socket until it ends.
pub(super) async fn serve(app: Arc<AppState>, user: User, socket: WebSocket) {
    metrics::gauge!("sala_connections").increment(1);
    let started = Instant::now();
    let heartbeat = app.config.limits.heartbeat;
    let (sink, stream) = socket.split();
    let send_queue = Arc::new(SendQueue::default());
    send_queue.push_reply(welcome(&user, heartbeat));
    let mut dispatcher = Dispatcher::new(Arc::clone(&app), user, Arc::clone(&send_queue));
    // A task of its own, so that an event wakes nothing but what writes it.
    let mut writer = tokio::spawn(write(sink, Arc::clone(&send_queue), heartbeat));
    tokio::select! {
        written = &mut writer => {
            if let Err(error) = written {
                tracing::error!(%error, "the writer of a socket panicked");
            }
        }
        never = read(stream, &mut dispatcher, &send_queue, heartbeat * 2) => match never {},
        never = close_on_shutdown(&app, &send_queue) => match never {},
        never = request_rotation(app.config.limits.request_timeout, &send_queue) => match never {},
    }
    drop(dispatcher);
    metrics::gauge!("sala_connections").decrement(1);
    tracing::debug!(seconds = started.elapsed().as_secs(), "a socket ended");
}

fn welcome(user: &User, heartbeat: Duration) -> EncodedFrame {
    hub::encode(&ServerFrame::Welcome {
        user: user.clone(),
        heartbeat_ms: u64::try_from(heartbeat.as_millis()).expect("checked at the start"),
        limits: Limits { text: limits::TEXT, frame: limits::FRAME },
        version: env!("CARGO_PKG_VERSION").to_owned(),
    })
}

/// Says good-bye when the instance goes away. It never returns: the writer ends the socket.
async fn close_on_shutdown(app: &AppState, send_queue: &SendQueue) -> Infallible {
    app.draining.cancelled().await;
    let full = (app.sockets.count() as f64 / FULL_INSTANCE_SOCKETS).min(1.0);
    let turn = MAX_CLOSE_DELAY.mul_f64(full * rand::random::<f64>());
    sleep(turn).await;
    let after_ms = rand::rng().random_range(0..RECONNECT_SPREAD_MS);
    send_queue.push_reply(hub::encode(&ServerFrame::Retry { after_ms }));
    send_queue.close(CloseMode::AfterFlush(CloseCode::GoingAway));
    std::future::pending().await
}

/// Asks for a change of sockets before the platform cuts this one. The moment is random, so that those who came together do
/// not go on together. It never returns: whoever changes closes this socket.
async fn request_rotation(request_timeout: Option<Duration>, send_queue: &SendQueue) -> Infallible {
    if let Some(timeout) = request_timeout.filter(|_| stands(Defence::Rotation)) {
        let age = timeout.mul_f64(rand::rng().random_range(ROTATION_FRACTION));
        sleep(age).await;
        let within_ms = u64::try_from((timeout - age).as_millis()).expect("a day at most");
        metrics::counter!("sala_rotations_total").increment(1);
        send_queue.push_reply(hub::encode(&ServerFrame::Rotate { within_ms }));
    }
    std::future::pending().await
}

/// Reads until the peer is gone or silent, or must be cut off. It never returns: the writer ends the socket.
async fn read(
    mut stream: SplitStream<WebSocket>,
    dispatcher: &mut Dispatcher,
    send_queue: &SendQueue,
    silence_timeout: Duration,
) -> Infallible {
    loop {
        // A client that does not read its replies is not read either.
        send_queue.reply_capacity().await;
        let close_mode = match timeout(silence_timeout, stream.next()).await {
            Err(_) => CloseMode::Now(CloseCode::HeartbeatMissed),
            Ok(Some(Ok(message))) => match handle_message(message, dispatcher).await {
                ControlFlow::Continue(()) => continue,
                ControlFlow::Break(close_mode) => close_mode,
            },
            // Too large, or no WebSocket frame at all. The writer may still be able to say why.
            Ok(Some(Err(_))) => CloseMode::Now(CloseCode::NotThisProtocol),
            Ok(None) => CloseMode::Gone,
        };
        send_queue.close(close_mode);
        return std::future::pending().await;
    }
}

async fn handle_message(message: Message, dispatcher: &mut Dispatcher) -> ControlFlow<CloseMode> {
    match message {
        Message::Text(text) => dispatcher.handle_text(&text).await,
        Message::Binary(_) => ControlFlow::Break(CloseMode::AfterFlush(CloseCode::NotThisProtocol)),
        Message::Ping(_) | Message::Pong(_) => ControlFlow::Continue(()),
        Message::Close(_) => ControlFlow::Break(CloseMode::Gone),
    }
}

/// Writes what comes into the mailbox, all that waits in one flush, until the socket ends.
async fn write(mut sink: SplitSink<WebSocket, Message>, send_queue: Arc<SendQueue>, heartbeat: Duration) {
    let mut heartbeats = interval_at(Instant::now() + heartbeat, heartbeat);
    heartbeats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        // Both are cancel-safe: what is not returned is not taken.
        let frames = tokio::select! {
            next = send_queue.next() => match next {
                NextWrite::Close(close_mode) => return close(&mut sink, close_mode).await,
                NextWrite::Frames(frames) => Some(frames),
            },
            // Not only when nothing was written for long: of one who only reads in a busy room nothing would be heard.
            _ = heartbeats.tick() => None,
        };
        let writing = async {
            match frames {
                Some(frames) => flush(&mut sink, frames).await,
                None => send_heartbeat(&mut sink).await,
            }
        };
        let written = tokio::select! {
            written = timeout(heartbeat * 2, writing) => written,
            // The half-written batch is of no use to one who is closed: it comes back with its cursor.
            close_mode = send_queue.closed_now() => return close(&mut sink, close_mode).await,
        };
        send_queue.mark_written();
        match written {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return,
            // It takes nothing any more, and keeps its connection open.
            Err(_) => return close(&mut sink, CloseMode::Now(CloseCode::TooSlow)).await,
        }
    }
}

/// A sign of life for the client's program, and a ping that its WebSocket answers by itself.
async fn send_heartbeat(sink: &mut SplitSink<WebSocket, Message>) -> Result<(), axum::Error> {
    sink.feed(Message::Text(Utf8Bytes::from(ServerFrame::<protocol::Event>::Tick.encode()))).await?;
    sink.send(Message::Ping(Bytes::new())).await
}

async fn flush(
    sink: &mut SplitSink<WebSocket, Message>,
    frames: impl IntoIterator<Item = EncodedFrame>,
) -> Result<(), axum::Error> {
    for frame in frames {
        sink.feed(Message::Text(text(frame))).await?;
    }
    sink.flush().await
}

fn text(frame: EncodedFrame) -> Utf8Bytes {
    Utf8Bytes::try_from(frame).expect("frames are encoded from strings")
}

async fn close(sink: &mut SplitSink<WebSocket, Message>, close_mode: CloseMode) {
    let code = match close_mode {
        CloseMode::Now(code) | CloseMode::AfterFlush(code) => code.into(),
        CloseMode::Gone => axum::extract::ws::close_code::NORMAL,
    };
    let frame = CloseFrame { code, reason: Utf8Bytes::default() };
    // A peer that is gone or does not read cannot be told; it sees the end of the connection.
    let sent = timeout(CLOSE_TIMEOUT, sink.send(Message::Close(Some(frame)))).await;
    tracing::debug!(code, sent = matches!(sent, Ok(Ok(()))), "closed a socket");
}
