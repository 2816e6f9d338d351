//! A TCP proxy in front of Redis that can make listening connections deaf and lead new ones elsewhere.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// A running proxy. Its connections end with it.
pub struct Proxy {
    port: u16,
    state: Arc<State>,
    _accepting: JoinSet<()>,
}

struct State {
    /// Where new connections lead to.
    target: Mutex<String>,
    accepted: AtomicUsize,
    /// Connections that were accepted before this one are deaf if they listen.
    deaf_before: AtomicUsize,
}

impl Proxy {
    /// Starts one in front of the server with this URL.
    pub async fn start(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (accepted, deaf_before) = Default::default();
        let state = Arc::new(State { target: Mutex::new(address(url)), accepted, deaf_before });
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, Arc::clone(&state)));
        Self { port, state, _accepting: accepting }
    }

    /// For `REDIS_URL`.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// From now on new connections lead to the server with this URL. The present ones stay.
    pub fn lead_to(&self, url: &str) {
        *self.state.target.lock().unwrap() = address(url);
    }

    /// From now on nothing is heard on the present connections that listen. They stay open.
    pub fn deafen(&self) {
        self.state.deaf_before.store(self.state.accepted.load(Ordering::SeqCst), Ordering::SeqCst);
    }
}

fn address(url: &str) -> String {
    url.strip_prefix("redis://").unwrap().to_owned()
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    let mut pipes = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let number = state.accepted.fetch_add(1, Ordering::SeqCst);
        let (from_client, to_client) = client.into_split();
        let target = state.target.lock().unwrap().clone();
        let (from_server, to_server) = TcpStream::connect(&target).await.unwrap().into_split();
        let listens = Arc::new(AtomicBool::new(false));
        pipes.spawn(up(from_client, to_server, Arc::clone(&listens)));
        pipes.spawn(down(from_server, to_client, listens, number, Arc::clone(&state)));
    }
}

async fn up(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, listens: Arc<AtomicBool>) {
    let mut bytes = vec![0; 16_384];
    while let Ok(read @ 1..) = from.read(&mut bytes).await {
        if bytes[..read].windows(9).any(|word| word == b"SUBSCRIBE") {
            listens.store(true, Ordering::SeqCst);
        }
        if to.write_all(&bytes[..read]).await.is_err() {
            return;
        }
    }
}

async fn down(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    listens: Arc<AtomicBool>,
    number: usize,
    state: Arc<State>,
) {
    let mut bytes = vec![0; 16_384];
    while let Ok(read @ 1..) = from.read(&mut bytes).await {
        let deaf = listens.load(Ordering::SeqCst) && number < state.deaf_before.load(Ordering::SeqCst);
        if !deaf && to.write_all(&bytes[..read]).await.is_err() {
            return;
        }
    }
}
