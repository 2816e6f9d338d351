use std::{net::SocketAddr, time::Duration};

use anyhow::Context;
use futures_util::{SinkExt, StreamExt};
use protocol::SUBPROTOCOL;
use tokio::{net::TcpStream, sync::mpsc, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        Message, Utf8Bytes,
        client::IntoClientRequest,
        http::{HeaderValue, header},
        protocol::{CloseFrame, WebSocketConfig, frame::coding::CloseCode},
    },
};

use super::CookieJar;

/// A try that takes longer was given up by the client long ago.
const TIMEOUT: Duration = Duration::from_secs(15);
/// What waits to be written. A client sends one thing at a time, so only a dead socket fills it; then it counts as cut.
const WORDS: usize = 256;
/// What a browser sees where no close frame came.
const NO_CODE: u16 = 1006;
const READ_BUFFER: usize = 8 * 1_024;

/// What came out of a socket.
#[derive(Debug)]
pub enum SocketEvent {
    Text(Utf8Bytes),
    Closed(u16),
}

/// One socket of a person. It ends when this is dropped.
#[derive(Debug)]
pub struct SocketTask {
    words: mpsc::Sender<Message>,
}

impl SocketTask {
    /// Opens a socket in the background. What it hears goes to `inbox` under its number; while that is full, nothing is read,
    /// as in a browser that is busy.
    pub fn connect(
        number: u32,
        address: SocketAddr,
        cookies: CookieJar,
        events_rx: mpsc::Sender<(u32, SocketEvent)>,
    ) -> Self {
        let (words, said) = mpsc::channel(WORDS);
        tokio::spawn(async move {
            let code = match timeout(TIMEOUT, open(address, &cookies)).await {
                Ok(Ok(stream)) => serve(stream, number, &events_rx, said).await,
                Ok(Err(_)) | Err(_) => Some(NO_CODE),
            };
            if let Some(code) = code {
                // Whoever is gone does not need to know.
                let _ = events_rx.send((number, SocketEvent::Closed(code))).await;
            }
        });
        Self { words }
    }

    /// Sends a text. False if the socket takes nothing more.
    pub fn say(&self, text: String) -> bool {
        self.words.try_send(Message::text(text)).is_ok()
    }

    /// Says good-bye, as far as that can still be said.
    pub fn close(self, code: u16) {
        let frame = CloseFrame { code: CloseCode::from(code), reason: Utf8Bytes::default() };
        let _ = self.words.try_send(Message::Close(Some(frame)));
    }
}

/// Returns the code if the other side ended it.
async fn serve(
    mut stream: WebSocketStream<TcpStream>,
    number: u32,
    events_rx: &mpsc::Sender<(u32, SocketEvent)>,
    mut said: mpsc::Receiver<Message>,
) -> Option<u16> {
    loop {
        // Both are cancel-safe: what was not taken stays in the stream and in the channel.
        tokio::select! {
            heard = stream.next() => match heard {
                Some(Ok(Message::Text(text))) => events_rx.send((number, SocketEvent::Text(text))).await.ok()?,
                Some(Ok(Message::Close(frame))) => return Some(frame.map_or(NO_CODE, |frame| frame.code.into())),
                // The library answers pings by itself.
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Some(NO_CODE),
            },
            word = said.recv() => {
                let Some(word) = word else {
                    let _ = timeout(TIMEOUT, stream.close(None)).await;
                    return None;
                };
                if stream.send(word).await.is_err() {
                    return Some(NO_CODE);
                }
            }
        }
    }
}

/// Opens a WebSocket as a page of the server itself would.
pub async fn open(address: SocketAddr, cookies: &CookieJar) -> anyhow::Result<WebSocketStream<TcpStream>> {
    let mut request = format!("ws://{address}/ws").into_client_request()?;
    let headers = request.headers_mut();
    headers.insert(header::ORIGIN, format!("http://{address}").parse()?);
    headers.insert(header::COOKIE, cookies.header().parse()?);
    headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    let stream = TcpStream::connect(address).await.context("the server takes no connection")?;
    stream.set_nodelay(true)?;
    let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER);
    let (stream, answer) =
        client_async_with_config(request, stream, Some(config)).await.context("the server takes no socket")?;
    cookies.arrive(answer.headers().get_all(header::SET_COOKIE).iter().filter_map(|line| line.to_str().ok()));
    Ok(stream)
}
