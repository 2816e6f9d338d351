use std::net::SocketAddr;

use anyhow::Context;
use futures_util::{SinkExt, StreamExt};
use protocol::{ClientFrame, SUBPROTOCOL};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        Message, Utf8Bytes,
        client::IntoClientRequest,
        http::{HeaderValue, header},
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};

/// Enough for a batch of events. The library's default of 128 KiB for each of thousands of sockets would not fit into the
/// processor's cache.
const READ_BUFFER: usize = 8 * 1_024;
/// What a browser reports for a close frame without a code.
const NO_STATUS: u16 = 1005;
/// What a browser reports for a connection that ended without a close frame.
const ABNORMAL: u16 = 1006;

/// A client's WebSocket. It answers pings while it is read.
#[derive(Debug)]
pub struct WebSocket {
    stream: WebSocketStream<TcpStream>,
    set_cookies: Vec<String>,
}

/// What came out of a socket.
#[derive(Debug, PartialEq, Eq)]
pub enum Received {
    /// A frame of the protocol.
    Text(Utf8Bytes),
    /// The other side closed the socket with this code, as a browser would report it.
    Closed(u16),
}

impl WebSocket {
    /// Opens a socket as a page of the server itself would.
    pub async fn open(address: SocketAddr, cookies: &str) -> anyhow::Result<Self> {
        let mut request = format!("ws://{address}/ws").into_client_request()?;
        let headers = request.headers_mut();
        headers.insert(header::ORIGIN, format!("http://{address}").parse()?);
        headers.insert(header::COOKIE, cookies.parse()?);
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
        let stream = TcpStream::connect(address).await.context("the server refuses a connection")?;
        stream.set_nodelay(true)?;
        let upgrade = client_async_with_config(request, stream, Some(config())).await;
        let (stream, response) = upgrade.context("the server refuses a socket")?;
        let set_cookies = response.headers().get_all(header::SET_COOKIE).iter();
        let set_cookies = set_cookies.filter_map(|value| Some(value.to_str().ok()?.to_owned())).collect();
        Ok(Self { stream, set_cookies })
    }

    /// Uses a connection that is upgraded already.
    pub async fn from_upgraded(stream: TcpStream) -> Self {
        let stream = WebSocketStream::from_raw_socket(stream, Role::Client, Some(config())).await;
        Self { stream, set_cookies: Vec::new() }
    }

    /// The values of the `Set-Cookie` headers of the upgrade.
    pub fn set_cookies(&self) -> impl Iterator<Item = &str> {
        self.set_cookies.iter().map(String::as_str)
    }

    /// Sends a frame of the protocol.
    pub async fn send(&mut self, frame: &ClientFrame) -> anyhow::Result<()> {
        self.send_message(Message::text(frame.encode())).await
    }

    /// Sends any message.
    pub async fn send_message(&mut self, message: Message) -> anyhow::Result<()> {
        Ok(self.stream.send(message).await?)
    }

    /// Sends a close frame with a code.
    pub async fn close(&mut self, code: u16) -> anyhow::Result<()> {
        let frame = CloseFrame { code: CloseCode::from(code), reason: Utf8Bytes::default() };
        Ok(self.stream.close(Some(frame)).await?)
    }

    /// Waits for the next text or the end. Cancel-safe: a partly received frame stays in the buffer.
    pub async fn receive(&mut self) -> Received {
        loop {
            match self.receive_message().await {
                Some(Message::Text(text)) => return Received::Text(text),
                Some(Message::Close(frame)) => {
                    return Received::Closed(frame.map_or(NO_STATUS, |frame| frame.code.into()));
                }
                // The library has answered pings already.
                Some(_) => {}
                None => return Received::Closed(ABNORMAL),
            }
        }
    }

    /// Waits for the next message of any kind; `None` at the end. Cancel-safe.
    pub async fn receive_message(&mut self) -> Option<Message> {
        self.stream.next().await.and_then(Result::ok)
    }
}

fn config() -> WebSocketConfig {
    WebSocketConfig::default().read_buffer_size(READ_BUFFER)
}
