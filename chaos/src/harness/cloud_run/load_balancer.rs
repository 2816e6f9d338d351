//! Leads each request to an instance. A connection carries one request, and a socket is one too.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use rand::seq::IndexedRandom;
use testkit::{accept_connections, until_either_ends};
use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, copy_buf, sink},
    net::TcpStream,
    sync::{Mutex, watch},
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use super::platform::Platform;

/// How long a request waits for an instance, as on Cloud Run.
pub const MAX_WAIT: Duration = Duration::from_secs(10);
/// The cookie that leads a client back to its instance.
const AFFINITY_COOKIE: &str = "GAESA";
/// The body of a 429.
const NO_INSTANCE: &str = "The request was aborted because there was no available instance.";
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// The largest head of a request or response, in bytes.
const MAX_HEAD: u64 = 64 * 1_024;
/// How long the rest of a request is read after its refusal.
const LINGER: Duration = Duration::from_secs(1);
/// The pause after an instance refused a connection: it has crashed, and will soon be removed.
const RETRY_PAUSE: Duration = Duration::from_millis(50);

/// Listens on a port, a free one for 0. All requests are cut when the returned set is dropped.
pub async fn balance(
    port: u16,
    platform: watch::Sender<Platform>,
    max_wait: Duration,
) -> io::Result<(SocketAddr, JoinSet<()>)> {
    let balancer = Arc::new(LoadBalancer { platform, max_wait, queue: Mutex::default() });
    let serve = move |client| {
        let balancer = Arc::clone(&balancer);
        async move {
            // A connection that either side cuts needs no answer.
            let _ = balancer.serve(client).await;
        }
    };
    accept_connections(port, serve).await
}

struct LoadBalancer {
    platform: watch::Sender<Platform>,
    max_wait: Duration,
    /// Held by the first of the waiting requests, so that all are served in the order of their arrival.
    queue: Mutex<()>,
}

/// The capacity for one request of an instance, until this is dropped.
struct Slot<'a> {
    instance: usize,
    platform: &'a watch::Sender<Platform>,
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.platform.send_modify(|platform| {
            if let Some(instance) = platform.instance(self.instance) {
                (instance.requests, instance.idle_since) = (instance.requests - 1, Instant::now());
            }
        });
    }
}

impl Platform {
    /// Takes a slot of the instance that a client had before, or else of one that is drawn by its share of the traffic.
    /// `None` without capacity.
    fn take_slot(&mut self, affinity: Option<usize>) -> Option<(usize, SocketAddr)> {
        let has_slots = self.serving().filter(|instance| instance.requests < self.service.concurrency);
        let shares: Vec<(usize, f64)> = has_slots
            .map(|instance| (instance.number, self.share(instance)))
            .filter(|(_, share)| *share > 0.0)
            .collect();
        let former = shares.iter().find(|(number, _)| Some(*number) == affinity);
        let (number, _) = former.or_else(|| shares.choose_weighted(&mut rand::rng(), |(_, share)| *share).ok())?;
        let instance = self.instance(*number)?;
        instance.requests += 1;
        Some((*number, instance.address?))
    }
}

impl LoadBalancer {
    /// Serves one request.
    async fn serve(&self, client: TcpStream) -> io::Result<()> {
        let from = client.peer_addr()?.ip();
        let (from_client, mut to_client) = client.into_split();
        let mut from_client = BufReader::new(from_client);
        let mut request = timeout(HEAD_TIMEOUT, read_head(&mut from_client)).await??;
        let mut cookies = header(&request, "Cookie").unwrap_or_default().split("; ");
        let affinity =
            cookies.find_map(|pair| pair.strip_prefix(AFFINITY_COOKIE)?.strip_prefix('=')?.parse::<usize>().ok());
        self.platform.send_modify(|platform| platform.waiting += 1);
        let connected = timeout(self.max_wait, self.connect(affinity)).await;
        self.platform.send_modify(|platform| platform.waiting -= 1);
        let Ok((slot, server)) = connected else {
            let head = "HTTP/1.1 429 Too Many Requests\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close";
            let answer = format!("{head}\r\nContent-Length: {}\r\n\r\n{NO_INSTANCE}", NO_INSTANCE.len());
            to_client.write_all(answer.as_bytes()).await?;
            to_client.shutdown().await?;
            // Closing a socket with unread data would discard the answer.
            return timeout(LINGER, copy_buf(&mut from_client, &mut sink())).await?.map(drop);
        };
        request.retain(|line| value_of(line, "X-Forwarded-Proto").is_none());
        request.extend([format!("X-Forwarded-For: {from}"), "X-Forwarded-Proto: http".to_owned()]);
        if header(&request, "Upgrade").is_none() {
            request.retain(|line| value_of(line, "Connection").is_none());
            request.push("Connection: close".to_owned());
        }
        server.set_nodelay(true)?;
        let (from_server, mut to_server) = server.into_split();
        let (mut from_server, instance) = (BufReader::new(from_server), slot.instance);
        // Each half is closed when its direction ends.
        let up = async move {
            to_server.write_all(encode_head(&request).as_bytes()).await?;
            copy_buf(&mut from_client, &mut to_server).await
        };
        let down = async move {
            let mut response = read_head(&mut from_server).await?;
            if affinity != Some(instance) {
                response.push(format!("Set-Cookie: {AFFINITY_COOKIE}={instance}; path=/; HttpOnly"));
            }
            to_client.write_all(encode_head(&response).as_bytes()).await?;
            copy_buf(&mut from_server, &mut to_client).await
        };
        let max_duration = self.platform.borrow().service.timeout;
        if timeout(max_duration, until_either_ends(up, down)).await.is_err() {
            self.platform.send_modify(|platform| platform.timed_out += 1);
        }
        Ok(())
    }

    /// Waits for an instance that has capacity and accepts a connection.
    async fn connect(&self, affinity: Option<usize>) -> (Slot<'_>, TcpStream) {
        loop {
            let (slot, address) = self.wait_for_slot(affinity).await;
            if let Ok(server) = TcpStream::connect(address).await {
                return (slot, server);
            }
            drop(slot);
            sleep(RETRY_PAUSE).await;
        }
    }

    async fn wait_for_slot(&self, affinity: Option<usize>) -> (Slot<'_>, SocketAddr) {
        let _first = self.queue.lock().await;
        let mut changes = self.platform.subscribe();
        loop {
            let mut taken = None;
            self.platform.send_if_modified(|platform| {
                taken = platform.take_slot(affinity);
                // Nobody waits for less capacity.
                false
            });
            if let Some((instance, address)) = taken {
                return (Slot { instance, platform: &self.platform }, address);
            }
            changes.changed().await.expect("the sender is a part of self");
        }
    }
}

/// Reads the lines of the head of a request or a response.
async fn read_head(from: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Vec<String>> {
    let mut lines = from.take(MAX_HEAD).lines();
    let mut head = Vec::new();
    while let Some(line) = lines.next_line().await? {
        if line.is_empty() {
            return Ok(head);
        }
        head.push(line);
    }
    Err(io::ErrorKind::UnexpectedEof.into())
}

fn encode_head(lines: &[String]) -> String {
    lines.join("\r\n") + "\r\n\r\n"
}

fn header<'a>(lines: &'a [String], name: &str) -> Option<&'a str> {
    lines.iter().find_map(|line| value_of(line, name))
}

fn value_of<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (header, value) = line.split_once(':')?;
    header.eq_ignore_ascii_case(name).then(|| value.trim())
}

#[cfg(test)]
mod tests;
