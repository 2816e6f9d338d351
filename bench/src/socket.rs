//! One member's WebSocket: signed in, joined, and what comes out of it told apart cheaply.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, bail, ensure};
use futures_util::{SinkExt, StreamExt};
use protocol::{ClientFrame, Event, Kind, SUBPROTOCOL, ServerFrame};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        Message,
        client::IntoClientRequest,
        http::{HeaderValue, header},
        protocol::WebSocketConfig,
    },
};

use crate::{http::Connection, stamp::Stamp};

const PATIENCE: Duration = Duration::from_secs(10);

/// Enough for a batch of events. The library's default of 128 KiB would fall out of the processor's cache.
const READ_BUFFER: usize = 8 * 1_024;

/// A member's socket.
pub struct Socket {
    stream: WebSocketStream<TcpStream>,
    room: String,
}

/// What came out of a socket.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// A message of the load.
    Message(Stamp),
    /// One of the member's own messages is in the history.
    Sent,
    /// Something that the measurement does not need.
    Other,
}

/// Starts a session, and returns its cookie.
pub async fn sign_in(http: &mut Connection, name: &str) -> anyhow::Result<String> {
    let answer = http.post("/api/sign_in", &format!("name={name}&room=")).await?;
    let cookie = answer.header("set-cookie").and_then(|cookie| cookie.split(';').next());
    cookie.map(str::to_owned).with_context(|| format!("signing in was answered with {} and no cookie", answer.status))
}

/// Starts so many sessions, and returns their cookies.
pub async fn sign_in_guests(address: SocketAddr, count: usize) -> anyhow::Result<Vec<String>> {
    let mut http = Connection::open(address).await?;
    let mut cookies = Vec::with_capacity(count);
    for number in 0..count {
        cookies.push(sign_in(&mut http, &format!("guest-{number}")).await?);
    }
    Ok(cookies)
}

impl Socket {
    /// Opens a socket and joins a room.
    pub async fn join(address: SocketAddr, cookie: &str, room: &str) -> anyhow::Result<Self> {
        let joining = async {
            let mut socket = Self { stream: open(address, cookie).await?, room: room.to_owned() };
            socket.say(&ClientFrame::Join { room: room.to_owned(), after: None }).await?;
            while !matches!(ServerFrame::decode(&socket.next().await?)?, ServerFrame::Joined { .. }) {}
            Ok(socket)
        };
        timeout(PATIENCE, joining).await.context("joining a room hangs")?
    }

    /// Sends a message. `id` is unique among the member's.
    pub async fn send(&mut self, id: u32, text: String) -> anyhow::Result<()> {
        let room = self.room.clone();
        self.say(&ClientFrame::Send { room, id: id.to_string(), text, reply_to: None, uid: None }).await
    }

    /// Waits for the next frame. Cancel-safe: a frame that is half there stays in the stream's buffer.
    pub async fn hear(&mut self) -> anyhow::Result<Heard> {
        classify(&self.next().await?)
    }

    async fn say(&mut self, frame: &ClientFrame) -> anyhow::Result<()> {
        Ok(self.stream.send(Message::text(frame.encode())).await?)
    }

    async fn next(&mut self) -> anyhow::Result<tokio_tungstenite::tungstenite::Utf8Bytes> {
        loop {
            match self.stream.next().await.context("the server cut a connection")?? {
                Message::Text(text) => return Ok(text),
                Message::Close(frame) => bail!("the server closed a socket: {frame:?}"),
                // The library has answered pings by itself.
                _ => {}
            }
        }
    }
}

async fn open(address: SocketAddr, cookie: &str) -> anyhow::Result<WebSocketStream<TcpStream>> {
    let mut request = format!("ws://{address}/ws").into_client_request()?;
    let headers = request.headers_mut();
    headers.insert(header::ORIGIN, format!("http://{address}").parse()?);
    headers.insert(header::COOKIE, cookie.parse()?);
    headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    let stream = TcpStream::connect(address).await.context("the server takes no connection")?;
    stream.set_nodelay(true)?;
    let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER);
    let (stream, _) =
        client_async_with_config(request, stream, Some(config)).await.context("the server takes no socket")?;
    Ok(stream)
}

fn classify(frame: &str) -> anyhow::Result<Heard> {
    // Nearly all frames are events, and parsing them whole would cost as much as the server spends on them.
    if frame.starts_with(r#"{"type":"event""#) {
        return Ok(Stamp::find(frame.as_bytes()).map_or(Heard::Other, Heard::Message));
    }
    Ok(match ServerFrame::decode(frame)? {
        ServerFrame::Event(Event { kind: Kind::Message { .. }, .. }) => {
            bail!("an event whose type does not come first: {frame}")
        }
        ServerFrame::Sent { .. } => Heard::Sent,
        refused @ (ServerFrame::Refused { .. } | ServerFrame::Reset { .. } | ServerFrame::Retry { .. }) => {
            bail!("the server does not keep up: {refused:?}")
        }
        _ => Heard::Other,
    })
}

/// Joins a member for each cookie, `at_once` of them at a time; `room` names the room.
pub async fn join_all(
    address: SocketAddr,
    cookies: &[String],
    at_once: usize,
    room: impl Fn(usize) -> String,
) -> anyhow::Result<Vec<Socket>> {
    let joins = cookies.iter().enumerate().map(|(number, cookie)| {
        let room = room(number);
        async move { Socket::join(address, cookie, &room).await }
    });
    let joined: Vec<_> = futures_util::stream::iter(joins).buffered(at_once).collect().await;
    let sockets = joined.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    ensure!(sockets.len() == cookies.len(), "some did not join");
    Ok(sockets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_told_apart() {
        let stamp = Stamp { sender: 3, count: 4, at: 5 };
        let event = format!(r#"{{"type":"event","room":"a","seq":1,"text":"{}"}}"#, stamp.text());
        for (frame, heard) in [
            (event.as_str(), Heard::Message(stamp)),
            (r#"{"type":"event","room":"a","seq":1,"kind":"message","text":"hello"}"#, Heard::Other),
            (r#"{"type":"sent","room":"a","id":"1","seq":1,"at":1}"#, Heard::Sent),
            (r#"{"type":"people","room":"a","joined":[],"left":[],"count":1}"#, Heard::Other),
            (r#"{"type":"tick"}"#, Heard::Other),
        ] {
            assert_eq!(classify(frame).unwrap(), heard, "{frame}");
        }
    }

    #[test]
    fn a_refusal_ends_the_measurement() {
        let refused = r#"{"type":"refused","re":"send","room":"a","id":"1","code":"unavailable","message":"x"}"#;
        assert!(classify(refused).unwrap_err().to_string().contains("Unavailable"));
    }
}
