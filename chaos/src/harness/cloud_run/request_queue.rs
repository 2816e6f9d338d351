use std::{net::SocketAddr, time::Duration};

use anyhow::Context;
use testkit::accept_connections;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::watch,
    task::JoinSet,
    time::timeout,
};

/// How long a request waits for an instance, as on Cloud Run.
pub const MAX_WAIT: Duration = Duration::from_secs(10);
/// The status that makes HAProxy retry a request. Sala does not use it.
pub const TOO_EARLY: u16 = 425;
/// The body of a 429.
pub const NO_INSTANCE: &str = "The request was aborted because there was no available instance.";
/// How long the rest of a request is read after its answer.
const LINGER: Duration = Duration::from_secs(1);

/// A backup server of HAProxy that holds requests while there is no instance. HAProxy itself only queues requests for
/// instances that are full; without any instance it would refuse them.
pub struct RequestQueue {
    pub address: SocketAddr,
    pub max_wait: Duration,
    released: watch::Sender<bool>,
    waiting: watch::Receiver<usize>,
    _connections: JoinSet<()>,
}

impl RequestQueue {
    pub async fn start(max_wait: Duration) -> anyhow::Result<Self> {
        let (released, release) = watch::channel(false);
        let (count, waiting) = watch::channel(0);
        let (address, _connections) = accept_connections(move |request| {
            let (release, count) = (release.clone(), count.clone());
            async move {
                count.send_modify(|waiting| *waiting += 1);
                // A client that disconnects while it waits needs no answer.
                let _ = hold(request, release, max_wait).await;
                count.send_modify(|waiting| *waiting -= 1);
            }
        })
        .await?;
        Ok(Self { address, max_wait, released, waiting, _connections })
    }

    /// Releases all requests, present and future, or holds future ones.
    pub fn set_released(&self, released: bool) {
        self.released.send_replace(released);
    }

    /// How many requests wait.
    pub fn waiting(&self) -> watch::Receiver<usize> {
        self.waiting.clone()
    }
}

async fn hold(mut request: TcpStream, mut release: watch::Receiver<bool>, max_wait: Duration) -> anyhow::Result<()> {
    let (status, body) = match timeout(max_wait, release.wait_for(|released| *released)).await {
        Ok(released) => (released.map(|_| "425 Too Early").context("the platform ends")?, ""),
        Err(_) => ("429 Too Many Requests", NO_INSTANCE),
    };
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n");
    let answer = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
    request.write_all(answer.as_bytes()).await?;
    request.shutdown().await?;
    // Closing a socket with unread data would discard the answer.
    timeout(LINGER, request.read_to_end(&mut Vec::new())).await??;
    Ok(())
}
