use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
};

use client::Input;
use futures_channel::mpsc;
use futures_util::{Sink, StreamExt};
use gloo_net::websocket::{Message, WebSocketError, futures::WebSocket};
use leptos::{leptos_dom::logging::console_warn, prelude::window};
use wasm_bindgen_futures::spawn_local;

use super::with_driver;

/// Close code of a connection that ended without one.
const ABNORMAL_CLOSURE: u16 = 1_006;

/// A WebSocket. Dropping it closes the connection.
pub struct Socket {
    /// The client's id of the socket.
    pub id: u32,
    outgoing: mpsc::UnboundedSender<Outgoing>,
}

enum Outgoing {
    Transmit(String),
    Close(u16),
}

enum SocketEvent {
    Text(String),
    Closed(u16),
    Outgoing(Outgoing),
    Dropped,
}

impl Socket {
    /// Starts to open a connection. The driver is told about text and closure under this id.
    pub fn open(id: u32) -> Self {
        // Bounded in effect by the outbox. The browser takes everything else as fast as it is sent.
        let (outgoing, receiver) = mpsc::unbounded();
        spawn_local(async move {
            if let Some(code) = run(id, receiver).await {
                with_driver(|driver| driver.handle_close(id, code));
            }
        });
        Self { id, outgoing }
    }

    pub fn transmit(&self, text: String) {
        self.send(Outgoing::Transmit(text));
    }

    pub fn close(self, code: u16) {
        self.send(Outgoing::Close(code));
    }

    /// Does nothing on a closed socket: the driver handles the closure next, and unsent commands are in the outbox.
    fn send(&self, message: Outgoing) {
        _ = self.outgoing.unbounded_send(message);
    }
}

/// Runs the socket until it closes. Returns the peer's close code, or `None` if this side closed it.
async fn run(id: u32, mut outgoing: mpsc::UnboundedReceiver<Outgoing>) -> Option<u16> {
    let mut socket =
        match websocket_url().and_then(|url| WebSocket::open_with_protocol(&url, protocol::SUBPROTOCOL).ok()) {
            Some(socket) => socket,
            None => return Some(ABNORMAL_CLOSURE),
        };
    loop {
        match poll_fn(|cx| poll_event(&mut socket, &mut outgoing, cx)).await {
            SocketEvent::Text(text) => {
                with_driver(|driver| driver.handle(Input::Frame { socket: id, text: &text }));
            }
            SocketEvent::Closed(code) => return Some(code),
            SocketEvent::Outgoing(Outgoing::Transmit(text)) => {
                if Pin::new(&mut socket).start_send(Message::Text(text)).is_err() {
                    console_warn("sending failed; the frame is sent again on the next socket");
                }
            }
            SocketEvent::Outgoing(Outgoing::Close(code)) => {
                if socket.close(Some(code), None).is_err() {
                    console_warn("closing with a code failed");
                }
                return None;
            }
            SocketEvent::Dropped => return None,
        }
    }
}

fn poll_event(
    socket: &mut WebSocket,
    outgoing: &mut mpsc::UnboundedReceiver<Outgoing>,
    cx: &mut Context<'_>,
) -> Poll<SocketEvent> {
    if let Poll::Ready(message) = outgoing.poll_next_unpin(cx) {
        return Poll::Ready(message.map_or(SocketEvent::Dropped, SocketEvent::Outgoing));
    }
    loop {
        return match socket.poll_next_unpin(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Ok(Message::Text(text)))) => Poll::Ready(SocketEvent::Text(text)),
            Poll::Ready(Some(Err(WebSocketError::ConnectionClose(close)))) => {
                Poll::Ready(SocketEvent::Closed(close.code))
            }
            Poll::Ready(None) => Poll::Ready(SocketEvent::Closed(ABNORMAL_CLOSURE)),
            // The protocol has no binary frames, and an error is followed by a close event.
            Poll::Ready(Some(_)) => continue,
        };
    }
}

fn websocket_url() -> Option<String> {
    let location = window().location();
    let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
    Some(format!("{scheme}://{}/ws", location.host().ok()?))
}
