//! How a client signs in and opens sockets.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use protocol::{ServerFrame, User};
use testkit::{HttpConnection, Message, Received, WebSocket};
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};

/// The cookie by which Cloud Run leads a client back to its instance.
const AFFINITY_COOKIE: &str = "GAESA";
const SIGN_IN_TIMEOUT: Duration = Duration::from_secs(20);
/// The client's state machine gives up on an attempt earlier than this.
const OPEN_TIMEOUT: Duration = Duration::from_secs(15);
/// Messages that wait to be written. A client sends one at a time, so only a dead socket fills the queue; what does not fit
/// is dropped, as if the socket were cut.
const SEND_QUEUE: usize = 256;
/// What a browser reports for a connection that ended without a close frame.
const ABNORMAL_CLOSE: u16 = 1006;

/// A signed-in user.
#[derive(Clone, Debug)]
pub struct Credentials {
    pub me: User,
    pub cookies: CookieJar,
}

/// Signs in as the form does, and opens a first socket to learn who the server says the user is.
pub async fn sign_in(address: SocketAddr, name: &str) -> anyhow::Result<Credentials> {
    let signing_in = async {
        let cookies = CookieJar::default();
        cookies.store(HttpConnection::open(address).await?.sign_in(name).await?.split("; "));
        // An instance limits how many sockets it accepts per second, so a refusal is retried.
        let mut socket = loop {
            match open(address, &cookies).await {
                Ok(socket) => break socket,
                Err(_) => sleep(Duration::from_millis(200)).await,
            }
        };
        let Received::Text(text) = socket.receive().await else { bail!("the first socket was cut") };
        let ServerFrame::Welcome { user: me, .. } = ServerFrame::decode(&text)? else { bail!("no welcome: {text}") };
        ensure!(me.name == name, "{name} was signed in as {}", me.name);
        socket.close(1000).await?;
        Ok(Credentials { me, cookies })
    };
    timeout(SIGN_IN_TIMEOUT, signing_in).await.context("sign-in takes too long")?
}

async fn open(address: SocketAddr, cookies: &CookieJar) -> anyhow::Result<WebSocket> {
    let socket = WebSocket::open(address, &cookies.header()).await?;
    cookies.store_from_socket(socket.set_cookies());
    Ok(socket)
}

/// The cookies of one client, shared by all of its sockets.
#[derive(Clone, Debug, Default)]
pub struct CookieJar(Arc<Mutex<Cookies>>);

#[derive(Debug, Default)]
struct Cookies {
    values: BTreeMap<String, String>,
    affinity: SessionAffinity,
}

/// How many sockets had an affinity cookie, and how many of them reached the same instance again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SessionAffinity {
    pub requested: usize,
    pub kept: usize,
}

impl CookieJar {
    /// Stores the cookies of `Set-Cookie` headers.
    fn store<'a>(&self, headers: impl IntoIterator<Item = &'a str>) {
        let pairs = headers.into_iter().filter_map(|header| header.split(';').next()?.split_once('='));
        self.lock().values.extend(pairs.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())));
    }

    /// The same for the upgrade of a socket. The platform sets its cookie anew if it chose another instance.
    fn store_from_socket<'a>(&self, headers: impl IntoIterator<Item = &'a str>) {
        let before = self.lock().values.get(AFFINITY_COOKIE).cloned();
        self.store(headers);
        let mut cookies = self.lock();
        if let Some(before) = before {
            let kept = cookies.values.get(AFFINITY_COOKIE) == Some(&before);
            cookies.affinity.requested += 1;
            cookies.affinity.kept += usize::from(kept);
        }
    }

    /// The value of a `Cookie` header.
    pub fn header(&self) -> String {
        let cookies = self.lock();
        let pairs: Vec<String> = cookies.values.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    pub fn affinity(&self) -> SessionAffinity {
        self.lock().affinity
    }

    fn lock(&self) -> MutexGuard<'_, Cookies> {
        self.0.lock().expect("nothing panics while the cookies are locked")
    }
}

/// A socket in a background task. Dropping this ends it.
#[derive(Debug)]
pub struct SocketTask {
    queue: mpsc::Sender<WriterCommand>,
}

#[derive(Debug)]
enum WriterCommand {
    Text(String),
    Close(u16),
}

impl SocketTask {
    /// Opens a socket. What it receives goes to `events` with its id; while that channel is full nothing is read, as in a
    /// busy browser.
    pub fn connect(id: u32, address: SocketAddr, cookies: CookieJar, events: mpsc::Sender<(u32, Received)>) -> Self {
        let (queue, outgoing) = mpsc::channel(SEND_QUEUE);
        tokio::spawn(async move {
            let code = match timeout(OPEN_TIMEOUT, open(address, &cookies)).await {
                Ok(Ok(socket)) => serve(socket, id, &events, outgoing).await,
                Ok(Err(_)) | Err(_) => Some(ABNORMAL_CLOSE),
            };
            if let Some(code) = code {
                // A client that has left does not receive events.
                let _ = events.send((id, Received::Closed(code))).await;
            }
        });
        Self { queue }
    }

    /// Sends a text unless the queue is full. The client finds a dead socket by its silence.
    pub fn send(&self, text: String) {
        let _ = self.queue.try_send(WriterCommand::Text(text));
    }

    /// Sends a close frame unless the queue is full.
    pub fn close(self, code: u16) {
        let _ = self.queue.try_send(WriterCommand::Close(code));
    }
}

/// Returns the close code if the other side ended the socket.
async fn serve(
    mut socket: WebSocket,
    id: u32,
    events: &mpsc::Sender<(u32, Received)>,
    mut outgoing: mpsc::Receiver<WriterCommand>,
) -> Option<u16> {
    loop {
        // Both are cancel-safe: what was not taken stays in the socket and in the channel.
        tokio::select! {
            received = socket.receive() => match received {
                Received::Closed(code) => return Some(code),
                text => events.send((id, text)).await.ok()?,
            },
            message = outgoing.recv() => {
                let sent = match message {
                    Some(WriterCommand::Text(text)) => socket.send_message(Message::text(text)).await,
                    Some(WriterCommand::Close(code)) => socket.close(code).await,
                    None => {
                        let _ = timeout(OPEN_TIMEOUT, socket.send_message(Message::Close(None))).await;
                        return None;
                    }
                };
                if sent.is_err() {
                    return Some(ABNORMAL_CLOSE);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_affinity_cookie_means_another_instance() {
        let cookies = CookieJar::default();
        cookies.store(["session=a=b; Path=/; HttpOnly"]);
        cookies.store_from_socket([]);
        assert_eq!((cookies.header().as_str(), cookies.affinity()), ("session=a=b", SessionAffinity::default()));
        cookies.store_from_socket(["GAESA=s1; path=/"]);
        cookies.store_from_socket([]);
        cookies.store_from_socket(["session=c", "GAESA=s2; path=/"]);
        assert_eq!(cookies.header(), "GAESA=s2; session=c");
        assert_eq!(cookies.affinity(), SessionAffinity { requested: 2, kept: 1 });
    }
}
