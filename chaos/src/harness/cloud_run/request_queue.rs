use std::{net::SocketAddr, time::Duration};

use anyhow::Context;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::watch,
    task::JoinSet,
    time::timeout,
};

use crate::harness::accept::accept;

/// How long a request waits for an instance, as on Cloud Run.
pub const TIMEOUT: Duration = Duration::from_secs(10);
/// The status at which HAProxy tries the request again, with an instance by then. Sala has no use for it.
pub const TOO_EARLY: u16 = 425;
/// What a request is told that waited in vain.
pub const NO_INSTANCE: &str = "The request was aborted because there was no available instance.";
/// What is left of a request when it has been answered.
const LINGER: Duration = Duration::from_secs(1);

/// Where requests wait while there is no instance at all. HAProxy holds those for which instances have no room, but without
/// any instance it would refuse them.
pub struct RequestQueue {
    pub address: SocketAddr,
    pub max_wait: Duration,
    open: watch::Sender<bool>,
    waiting: watch::Receiver<usize>,
    _accepting: JoinSet<()>,
}

impl RequestQueue {
    pub async fn open(max_wait: Duration) -> anyhow::Result<Self> {
        let (open, opened) = watch::channel(false);
        let (coming, waiting) = watch::channel(0);
        let (address, _accepting) = accept(move |request| {
            let (opened, coming) = (opened.clone(), coming.clone());
            async move {
                coming.send_modify(|waiting| *waiting += 1);
                // One who goes away while waiting needs no answer.
                let _ = wait(request, opened, max_wait).await;
                coming.send_modify(|waiting| *waiting -= 1);
            }
        })
        .await?;
        Ok(Self { address, max_wait, open, waiting, _accepting })
    }

    /// Whether there is an instance to go to.
    pub fn set_open(&self, open: bool) {
        self.open.send_replace(open);
    }

    /// How many requests wait, now and whenever that changes.
    pub fn waiting(&self) -> watch::Receiver<usize> {
        self.waiting.clone()
    }
}

async fn wait(mut request: TcpStream, mut opened: watch::Receiver<bool>, max_wait: Duration) -> anyhow::Result<()> {
    let (status, text) = match timeout(max_wait, opened.wait_for(|open| *open)).await {
        Ok(open) => (open.map(|_| "425 Too Early").context("the platform ends")?, ""),
        Err(_) => ("429 Too Many Requests", NO_INSTANCE),
    };
    let length = text.len();
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{text}"
    );
    request.write_all(answer.as_bytes()).await?;
    request.shutdown().await?;
    // A socket that is closed with something unread takes its answer with it.
    let mut rest = Vec::new();
    timeout(LINGER, request.read_to_end(&mut rest)).await??;
    Ok(())
}
