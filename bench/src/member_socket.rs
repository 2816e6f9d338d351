//! The WebSocket of a member of the load, which classifies frames cheaply.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, bail};
use protocol::{ClientFrame, Command, Event, Kind, ServerFrame};
use testkit::{HttpConnection, Received, Utf8Bytes, WebSocket};
use tokio::time::timeout;

use crate::latency_tag::LatencyTag;

const JOIN_TIMEOUT: Duration = Duration::from_secs(10);

/// A socket that joined one room.
#[derive(Debug)]
pub struct MemberSocket {
    socket: WebSocket,
    room: String,
}

/// A frame from the server.
#[derive(Debug, PartialEq, Eq)]
pub enum Incoming {
    /// A message of the load.
    Message(LatencyTag),
    /// One of the member's own messages is stored.
    Acknowledgement,
    /// A frame that the measurement does not need.
    Other,
}

impl MemberSocket {
    /// Opens a socket and joins a room.
    pub async fn join(address: SocketAddr, cookies: &str, room: &str) -> anyhow::Result<Self> {
        let joining = async {
            let mut member = Self { socket: WebSocket::open(address, cookies).await?, room: room.to_owned() };
            member.socket.send(&ClientFrame::Join { room: room.to_owned(), after: None }).await?;
            while !matches!(ServerFrame::decode(&member.next_frame().await?)?, ServerFrame::Joined { .. }) {}
            Ok(member)
        };
        timeout(JOIN_TIMEOUT, joining).await.context("joining a room takes too long")?
    }

    /// Sends a message. `id` must be unique among the member's messages.
    pub async fn send(&mut self, id: u32, text: String) -> anyhow::Result<()> {
        let room = self.room.clone();
        self.socket.send(&ClientFrame::Command { room, id: id.to_string(), command: Command::send(text) }).await
    }

    /// Waits for the next frame. Cancel-safe, as [`WebSocket::receive`] is.
    pub async fn receive(&mut self) -> anyhow::Result<Incoming> {
        classify(&self.next_frame().await?)
    }

    async fn next_frame(&mut self) -> anyhow::Result<Utf8Bytes> {
        match self.socket.receive().await {
            Received::Text(text) => Ok(text),
            Received::Closed(code) => bail!("the server closed a socket with code {code}"),
        }
    }
}

/// Signs in so many guests, and returns their cookies.
pub async fn sign_in_guests(address: SocketAddr, count: usize) -> anyhow::Result<Vec<String>> {
    let mut http = HttpConnection::open(address).await?;
    let mut cookies = Vec::with_capacity(count);
    for index in 0..count {
        cookies.push(http.sign_in(&format!("guest-{index}")).await?);
    }
    Ok(cookies)
}

fn classify(frame: &str) -> anyhow::Result<Incoming> {
    // Nearly all frames are events. Parsing them completely would cost as much as the server spends on them.
    if frame.starts_with(r#"{"type":"event""#) {
        return Ok(LatencyTag::find(frame.as_bytes()).map_or(Incoming::Other, Incoming::Message));
    }
    Ok(match ServerFrame::decode(frame)? {
        ServerFrame::Event(Event { kind: Kind::Message { .. }, .. }) => {
            bail!("an event whose type is not the first field: {frame}")
        }
        ServerFrame::Sent { .. } => Incoming::Acknowledgement,
        refused @ (ServerFrame::Refused { .. } | ServerFrame::Reset { .. } | ServerFrame::Retry { .. }) => {
            bail!("the server is overloaded: {refused:?}")
        }
        _ => Incoming::Other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_classified() {
        let tag = LatencyTag { sender: 3, index: 4, sent_at: 5 };
        let event = format!(r#"{{"type":"event","room":"a","seq":1,"text":"{}"}}"#, tag.text());
        for (frame, incoming) in [
            (event.as_str(), Incoming::Message(tag)),
            (r#"{"type":"event","room":"a","seq":1,"kind":"message","text":"hello"}"#, Incoming::Other),
            (r#"{"type":"sent","room":"a","id":"1","seq":1,"at":1}"#, Incoming::Acknowledgement),
            (r#"{"type":"people","room":"a","joined":[],"left":[],"count":1}"#, Incoming::Other),
            (r#"{"type":"tick"}"#, Incoming::Other),
        ] {
            assert_eq!(classify(frame).unwrap(), incoming, "{frame}");
        }
    }

    #[test]
    fn a_refusal_ends_the_measurement() {
        let refused = r#"{"type":"refused","re":"send","room":"a","id":"1","code":"unavailable","message":"x"}"#;
        assert!(classify(refused).unwrap_err().to_string().contains("Unavailable"));
    }
}
