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

/// The code where there is none.
const ABNORMAL: u16 = 1_006;

/// One WebSocket. Dropping it closes it.
pub struct Socket {
    /// The client's.
    pub number: u32,
    orders: mpsc::UnboundedSender<Order>,
}

enum Order {
    Transmit(String),
    Close(u16),
}

enum News {
    Text(String),
    Closed(u16),
    Order(Order),
    Dropped,
}

impl Socket {
    /// Starts to open it. The driver hears how it goes, under this number.
    pub fn open(number: u32) -> Self {
        // Bounded by the outbox: nothing else is transmitted faster than the browser takes it.
        let (orders, taken) = mpsc::unbounded();
        spawn_local(async move {
            if let Some(code) = run(number, taken).await {
                with_driver(|driver| driver.closed(number, code));
            }
        });
        Self { number, orders }
    }

    pub fn transmit(&self, text: String) {
        self.order(Order::Transmit(text));
    }

    pub fn close(self, code: u16) {
        self.order(Order::Close(code));
    }

    /// A socket that is gone takes no orders: the driver hears `Closed` next, and what was to be sent is in the outbox.
    fn order(&self, order: Order) {
        _ = self.orders.unbounded_send(order);
    }
}

/// Returns the code it was closed with, unless we closed it.
async fn run(number: u32, mut orders: mpsc::UnboundedReceiver<Order>) -> Option<u16> {
    let mut socket = match address().and_then(|url| WebSocket::open_with_protocol(&url, protocol::SUBPROTOCOL).ok()) {
        Some(socket) => socket,
        None => return Some(ABNORMAL),
    };
    loop {
        match poll_fn(|cx| poll_news(&mut socket, &mut orders, cx)).await {
            News::Text(text) => {
                with_driver(|driver| driver.handle(Input::Text { socket: number, text: &text }));
            }
            News::Closed(code) => return Some(code),
            News::Order(Order::Transmit(text)) => {
                if Pin::new(&mut socket).start_send(Message::Text(text)).is_err() {
                    console_warn("a message could not be handed to the socket; it is sent again on the next one");
                }
            }
            News::Order(Order::Close(code)) => {
                if socket.close(Some(code), None).is_err() {
                    console_warn("the socket could not be closed with a code");
                }
                return None;
            }
            News::Dropped => return None,
        }
    }
}

fn poll_news(socket: &mut WebSocket, orders: &mut mpsc::UnboundedReceiver<Order>, cx: &mut Context<'_>) -> Poll<News> {
    if let Poll::Ready(order) = orders.poll_next_unpin(cx) {
        return Poll::Ready(order.map_or(News::Dropped, News::Order));
    }
    loop {
        return match socket.poll_next_unpin(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Ok(Message::Text(text)))) => Poll::Ready(News::Text(text)),
            Poll::Ready(Some(Err(WebSocketError::ConnectionClose(close)))) => Poll::Ready(News::Closed(close.code)),
            Poll::Ready(None) => Poll::Ready(News::Closed(ABNORMAL)),
            // Bytes are not this protocol; an error is followed by the close that says more.
            Poll::Ready(Some(_)) => continue,
        };
    }
}

fn address() -> Option<String> {
    let location = window().location();
    let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
    Some(format!("{scheme}://{}/ws", location.host().ok()?))
}
