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

use super::dispatch::Session;
use crate::{
    defence::{Defence, stands},
    http::AppState,
    hub::{self, Closing, Frame, Mailbox, Post},
};

/// How long the last bytes of a socket may take.
const FAREWELL: Duration = Duration::from_secs(2);

/// The part of the request timeout after which clients are asked to change sockets.
const ROTATION: Range<f64> = 0.75..0.95;

/// Over how long the clients of an instance that goes away are told to come back.
const SPREAD_MS: u64 = 500;

/// Over how long the sockets of a full instance that goes away are closed, so that the others can take them in.
const DRAIN: Duration = Duration::from_millis(6_500);

/// So many sockets at least are a full instance; fewer are closed sooner.
const FULL: f64 = 500.0;

/// Serves a socket until it ends.
pub(super) async fn serve(app: Arc<AppState>, user: User, socket: WebSocket) {
    metrics::gauge!("sala_connections").increment(1);
    let started = Instant::now();
    let heartbeat = app.config.limits.heartbeat;
    let (sink, stream) = socket.split();
    let mailbox = Arc::new(Mailbox::default());
    mailbox.reply(welcome(&user, heartbeat));
    let mut session = Session::new(Arc::clone(&app), user, Arc::clone(&mailbox));
    // A task of its own, so that an event wakes nothing but what writes it.
    let mut writer = tokio::spawn(write(sink, Arc::clone(&mailbox), heartbeat));
    tokio::select! {
        written = &mut writer => {
            if let Err(error) = written {
                tracing::error!(%error, "the writer of a socket panicked");
            }
        }
        never = read(stream, &mut session, &mailbox, heartbeat * 2) => match never {},
        never = farewell(&app, &mailbox) => match never {},
        never = rotate(app.config.limits.request_timeout, &mailbox) => match never {},
    }
    drop(session);
    metrics::gauge!("sala_connections").decrement(1);
    tracing::debug!(seconds = started.elapsed().as_secs(), "a socket ended");
}

fn welcome(user: &User, heartbeat: Duration) -> Frame {
    hub::encode(&ServerFrame::Welcome {
        user: user.clone(),
        heartbeat_ms: u64::try_from(heartbeat.as_millis()).expect("checked at the start"),
        limits: Limits { text: limits::TEXT, frame: limits::FRAME },
        version: env!("CARGO_PKG_VERSION").to_owned(),
    })
}

/// Says good-bye when the instance goes away. It never returns: the writer ends the socket.
async fn farewell(app: &AppState, mailbox: &Mailbox) -> Infallible {
    app.draining.cancelled().await;
    let full = (app.sockets.count() as f64 / FULL).min(1.0);
    let turn = DRAIN.mul_f64(full * rand::random::<f64>());
    sleep(turn).await;
    let after_ms = rand::rng().random_range(0..SPREAD_MS);
    mailbox.reply(hub::encode(&ServerFrame::Retry { after_ms }));
    mailbox.close(Closing::AfterFlush(CloseCode::GoingAway));
    std::future::pending().await
}

/// Asks for a change of sockets before the platform cuts this one. The moment is random, so that those who came together do
/// not go on together. It never returns: whoever changes closes this socket.
async fn rotate(request_timeout: Option<Duration>, mailbox: &Mailbox) -> Infallible {
    if let Some(timeout) = request_timeout.filter(|_| stands(Defence::Rotation)) {
        let lived = timeout.mul_f64(rand::rng().random_range(ROTATION));
        sleep(lived).await;
        let within_ms = u64::try_from((timeout - lived).as_millis()).expect("a day at most");
        metrics::counter!("sala_rotations_total").increment(1);
        mailbox.reply(hub::encode(&ServerFrame::Rotate { within_ms }));
    }
    std::future::pending().await
}

/// Reads until the peer is gone or silent, or must be cut off. It never returns: the writer ends the socket.
async fn read(
    mut stream: SplitStream<WebSocket>,
    session: &mut Session,
    mailbox: &Mailbox,
    patience: Duration,
) -> Infallible {
    loop {
        // A client that does not read its replies is not read either.
        mailbox.has_room().await;
        let closing = match timeout(patience, stream.next()).await {
            Err(_) => Closing::Now(CloseCode::HeartbeatMissed),
            Ok(Some(Ok(message))) => match hear(message, session).await {
                ControlFlow::Continue(()) => continue,
                ControlFlow::Break(closing) => closing,
            },
            // Too large, or no WebSocket frame at all. The writer may still be able to say why.
            Ok(Some(Err(_))) => Closing::Now(CloseCode::NotThisProtocol),
            Ok(None) => Closing::Gone,
        };
        mailbox.close(closing);
        return std::future::pending().await;
    }
}

async fn hear(message: Message, session: &mut Session) -> ControlFlow<Closing> {
    match message {
        Message::Text(text) => session.hear(&text).await,
        Message::Binary(_) => ControlFlow::Break(Closing::AfterFlush(CloseCode::NotThisProtocol)),
        Message::Ping(_) | Message::Pong(_) => ControlFlow::Continue(()),
        Message::Close(_) => ControlFlow::Break(Closing::Gone),
    }
}

/// Writes what comes into the mailbox, all that waits in one flush, until the socket ends.
async fn write(mut sink: SplitSink<WebSocket, Message>, mailbox: Arc<Mailbox>, heartbeat: Duration) {
    let mut beat = interval_at(Instant::now() + heartbeat, heartbeat);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        // Both are cancel-safe: what is not returned is not taken.
        let frames = tokio::select! {
            post = mailbox.collect() => match post {
                Post::Close(closing) => return close(&mut sink, closing).await,
                Post::Frames(frames) => Some(frames),
            },
            // Not only when nothing was written for long: of one who only reads in a busy room nothing would be heard.
            _ = beat.tick() => None,
        };
        let writing = async {
            match frames {
                Some(frames) => flush(&mut sink, frames).await,
                None => tick(&mut sink).await,
            }
        };
        let written = tokio::select! {
            written = timeout(heartbeat * 2, writing) => written,
            // The half-written batch is of no use to one who is closed: it comes back with its cursor.
            closing = mailbox.cut() => return close(&mut sink, closing).await,
        };
        mailbox.written();
        match written {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return,
            // It takes nothing any more, and keeps its connection open.
            Err(_) => return close(&mut sink, Closing::Now(CloseCode::TooSlow)).await,
        }
    }
}

/// A sign of life for the client's program, and a ping that its WebSocket answers by itself.
async fn tick(sink: &mut SplitSink<WebSocket, Message>) -> Result<(), axum::Error> {
    sink.feed(Message::Text(Utf8Bytes::from(ServerFrame::<protocol::Event>::Tick.encode()))).await?;
    sink.send(Message::Ping(Bytes::new())).await
}

async fn flush(
    sink: &mut SplitSink<WebSocket, Message>,
    frames: impl IntoIterator<Item = Frame>,
) -> Result<(), axum::Error> {
    for frame in frames {
        sink.feed(Message::Text(text(frame))).await?;
    }
    sink.flush().await
}

fn text(frame: Frame) -> Utf8Bytes {
    Utf8Bytes::try_from(frame).expect("frames are encoded from strings")
}

async fn close(sink: &mut SplitSink<WebSocket, Message>, closing: Closing) {
    let code = match closing {
        Closing::Now(code) | Closing::AfterFlush(code) => code.into(),
        Closing::Gone => axum::extract::ws::close_code::NORMAL,
    };
    let frame = CloseFrame { code, reason: Utf8Bytes::default() };
    // A peer that is gone or does not read cannot be told; it sees the end of the connection.
    let told = timeout(FAREWELL, sink.send(Message::Close(Some(frame)))).await;
    tracing::debug!(code, told = matches!(told, Ok(Ok(()))), "closed a socket");
}
