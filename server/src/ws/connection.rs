//! One socket: a read loop and a writer task that share a [`SendQueue`]. Both sides end the socket by closing the
//! queue; the writer task then sends the close frame.

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
    app_state::AppState,
    hub::{self, CloseMode, EncodedFrame, NextWrite, SendQueue},
    supervisor::record_panic,
};

/// Timeout for sending the close frame.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// The range of the request timeout in which clients are asked to open a new socket.
const ROTATION_FRACTION: Range<f64> = 0.75..0.95;

/// The range of reconnection delays, in milliseconds, that clients are given during shutdown.
const RECONNECT_SPREAD_MS: u64 = 500;

/// The time over which a full instance closes its sockets during shutdown, so that other instances can accept them.
const MAX_CLOSE_DELAY: Duration = Duration::from_millis(6_500);

/// An instance with at least this many sockets is full; fewer are closed sooner.
const FULL_INSTANCE_SOCKETS: f64 = 500.0;

/// Serves a socket until it is closed.
pub(super) async fn serve(app: Arc<AppState>, user: User, socket: WebSocket) {
    let _open = OpenSocket::new();
    let heartbeat = app.config.limits.heartbeat;
    let (sink, stream) = socket.split();
    let send_queue = Arc::new(SendQueue::default());
    send_queue.push_response(welcome(&user, heartbeat));
    let mut dispatcher = Dispatcher::new(Arc::clone(&app), user, Arc::clone(&send_queue));
    // A separate task, so that an event wakes only the writer.
    let mut writer = tokio::spawn(write(sink, Arc::clone(&send_queue), heartbeat));
    tokio::select! {
        written = &mut writer => {
            if written.is_err() {
                record_panic("socket_writer");
            }
        }
        never = read(stream, &mut dispatcher, &send_queue, heartbeat * 2) => match never {},
        never = close_on_shutdown(&app, &send_queue) => match never {},
        never = request_rotation(app.config.limits.socket_lifetime, &send_queue) => match never {},
    }
}

/// Counts a socket as open until it is dropped, also by a panic.
struct OpenSocket {
    since: Instant,
}

impl OpenSocket {
    fn new() -> Self {
        metrics::gauge!("sala_connections").increment(1);
        Self { since: Instant::now() }
    }
}

impl Drop for OpenSocket {
    fn drop(&mut self) {
        metrics::gauge!("sala_connections").decrement(1);
        tracing::debug!(seconds = self.since.elapsed().as_secs(), "a socket ended");
    }
}

fn welcome(user: &User, heartbeat: Duration) -> EncodedFrame {
    hub::encode(&ServerFrame::Welcome {
        user: user.clone(),
        heartbeat_ms: u64::try_from(heartbeat.as_millis()).expect("checked at the start"),
        limits: Limits { text: limits::TEXT, frame: limits::FRAME },
        version: env!("CARGO_PKG_VERSION").to_owned(),
    })
}

/// Closes the socket at a random moment during shutdown. Never returns, because the writer task ends the socket.
async fn close_on_shutdown(app: &AppState, send_queue: &SendQueue) -> Infallible {
    app.draining.cancelled().await;
    let full = (app.sockets.count() as f64 / FULL_INSTANCE_SOCKETS).min(1.0);
    let turn = MAX_CLOSE_DELAY.mul_f64(full * rand::random::<f64>());
    sleep(turn).await;
    let after_ms = rand::rng().random_range(0..RECONNECT_SPREAD_MS);
    send_queue.push_response(hub::encode(&ServerFrame::Retry { after_ms }));
    send_queue.close(CloseMode::AfterFlush(CloseCode::GoingAway));
    std::future::pending().await
}

/// Asks the client for a new socket before the platform cuts this one. The moment is random, so that clients that
/// connected at the same time do not reconnect at the same time. Never returns, because the client closes this socket.
async fn request_rotation(lifetime: Option<Duration>, send_queue: &SendQueue) -> Infallible {
    if let Some(lifetime) = lifetime {
        let age = lifetime.mul_f64(rand::rng().random_range(ROTATION_FRACTION));
        sleep(age).await;
        let within_ms = u64::try_from((lifetime - age).as_millis()).expect("a day at most");
        metrics::counter!("sala_rotations_total").increment(1);
        send_queue.push_response(hub::encode(&ServerFrame::Rotate { within_ms }));
    }
    std::future::pending().await
}

/// Reads until the peer disconnects, is silent for too long, or must be cut off. Never returns, because the writer task
/// ends the socket.
async fn read(
    mut stream: SplitStream<WebSocket>,
    dispatcher: &mut Dispatcher,
    send_queue: &SendQueue,
    silence_timeout: Duration,
) -> Infallible {
    loop {
        // Requests of a client that does not read its replies are not read.
        send_queue.response_capacity().await;
        let close_mode = match timeout(silence_timeout, stream.next()).await {
            Err(_) => CloseMode::Now(CloseCode::HeartbeatMissed),
            Ok(Some(Ok(message))) => match handle_message(message, dispatcher).await {
                ControlFlow::Continue(()) => continue,
                ControlFlow::Break(close_mode) => close_mode,
            },
            // Too large, or not a WebSocket frame. The writer may still be able to send the close code.
            Ok(Some(Err(_))) => CloseMode::Now(CloseCode::NotThisProtocol),
            Ok(None) => CloseMode::Disconnected,
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
        Message::Close(_) => ControlFlow::Break(CloseMode::Disconnected),
    }
}

/// Writes the queued frames, all with one flush, until the socket is closed.
async fn write(mut sink: SplitSink<WebSocket, Message>, send_queue: Arc<SendQueue>, heartbeat: Duration) {
    let mut heartbeats = interval_at(Instant::now() + heartbeat, heartbeat);
    heartbeats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        // Both are cancel-safe: frames are only taken when they are returned.
        let frames = tokio::select! {
            next = send_queue.next() => match next {
                NextWrite::Close(close_mode) => return close(&mut sink, close_mode).await,
                NextWrite::Frames(frames) => Some(frames),
            },
            // Also in busy rooms: a client that only reads sends nothing but the pong.
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
            // The rest of the batch is not needed, because a client that is closed resumes from its cursor.
            close_mode = send_queue.closed_now() => return close(&mut sink, close_mode).await,
        };
        send_queue.mark_written();
        match written {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return,
            // The peer keeps the connection open and reads nothing.
            Err(_) => return close(&mut sink, CloseMode::Now(CloseCode::TooSlow)).await,
        }
    }
}

/// A heartbeat for the client's code, and a ping that its WebSocket answers by itself.
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
        CloseMode::Disconnected => axum::extract::ws::close_code::NORMAL,
    };
    let frame = CloseFrame { code, reason: Utf8Bytes::default() };
    // A peer that is gone or does not read misses the close frame and sees the end of the connection.
    let sent = timeout(CLOSE_TIMEOUT, sink.send(Message::Close(Some(frame)))).await;
    tracing::debug!(code, sent = matches!(sent, Ok(Ok(()))), "closed a socket");
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::*;

    #[test]
    fn a_socket_that_panics_is_no_longer_counted() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let _recorder = metrics::set_default_local_recorder(&recorder);
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let _open = OpenSocket::new();
            assert!(!recorder.handle().render().contains("sala_connections 1"), "by the test");
        }));
        assert!(panicked.is_err(), "it was counted");
        assert!(recorder.handle().render().contains("sala_connections 0"));
    }
}
