use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use testkit::TcpProxy;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    time::sleep,
};

use super::{
    fault_injector::{FaultConfig, FaultInjector, is_event},
    resp::{RespSplitter, contains},
};
use crate::{clients::TEXT_PREFIX, run_config::Seed};

/// A proxy between the instances and Redis that injects faults. It understands just enough of the protocol to find
/// published events and the replies to appends.
pub struct RedisProxy {
    proxy: TcpProxy,
    injector: Arc<Mutex<FaultInjector>>,
}

impl RedisProxy {
    /// Starts a proxy in front of a Redis on this port, without faults.
    pub async fn start(port: u16, seed: Seed) -> anyhow::Result<Self> {
        let injector = Arc::new(Mutex::new(FaultInjector::new(seed)));
        let shared = Arc::clone(&injector);
        let relay = move |client, server| relay(client, server, Arc::clone(&shared));
        Ok(Self { proxy: TcpProxy::start(port, relay).await?, injector })
    }

    /// For `REDIS_URL`.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.proxy.port())
    }

    /// Injects these faults from now on.
    pub fn inject(&self, config: FaultConfig) {
        lock(&self.injector).config = config;
    }

    /// Leads new connections to another port. Open ones stay.
    pub fn redirect(&self, port: u16) {
        self.proxy.redirect(port);
    }

    /// How many events and replies were tampered with.
    pub fn faults(&self) -> usize {
        lock(&self.injector).faults
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn relay(client: TcpStream, server: TcpStream, injector: Arc<Mutex<FaultInjector>>) {
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    // For each command without a reply yet, whether it appends an event. A subscription is answered by pushes, not by a
    // reply, so the queue of a subscriber stays empty.
    let unanswered = Mutex::new(VecDeque::new());
    // Both directions end as soon as one does: dropping the sockets closes them.
    tokio::select! {
        _ = copy_commands(from_client, to_server, &unanswered) => {}
        _ = copy_replies(from_server, to_client, &unanswered, &injector) => {}
    }
}

async fn copy_commands(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    unanswered: &Mutex<VecDeque<bool>>,
) -> std::io::Result<()> {
    let (mut bytes, mut values) = (vec![0; 16_384], RespSplitter::default());
    loop {
        let read = from.read(&mut bytes).await?;
        if read == 0 {
            return Ok(());
        }
        values.extend(&bytes[..read]);
        while let Some(command) = values.next() {
            if !contains(&command, b"SUBSCRIBE") {
                let appends = contains(&command, b"EVALSHA") && contains(&command, TEXT_PREFIX.as_bytes());
                lock(unanswered).push_back(appends);
            }
            to.write_all(&command).await?;
        }
    }
}

async fn copy_replies(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    unanswered: &Mutex<VecDeque<bool>>,
    injector: &Mutex<FaultInjector>,
) -> std::io::Result<()> {
    let (mut bytes, mut values) = (vec![0; 16_384], RespSplitter::default());
    let mut postponed: Option<Vec<u8>> = None;
    loop {
        let read = from.read(&mut bytes).await?;
        if read == 0 {
            return Ok(());
        }
        let delay = lock(injector).config.delay;
        if !delay.is_zero() {
            sleep(delay).await;
        }
        values.extend(&bytes[..read]);
        let mut passed = Vec::with_capacity(read);
        while let Some(value) = values.next() {
            if is_push(&value) && is_event(&value) {
                lock(injector).pass_event(value, &mut passed, &mut postponed);
                continue;
            }
            if !is_push(&value) {
                let appended = lock(unanswered).pop_front();
                if appended == Some(true) && lock(injector).swallows_reply() {
                    return to.write_all(&passed).await;
                }
            }
            passed.extend(value);
        }
        to.write_all(&passed).await?;
    }
}

/// Whether a value is a push and not a reply, in either version of the protocol.
fn is_push(value: &[u8]) -> bool {
    const KINDS: [&[u8]; 3] = [b"message\r\n", b"subscribe\r\n", b"unsubscribe\r\n"];
    let start = &value[..value.len().min(24)];
    start.starts_with(b">") || (start.starts_with(b"*3\r\n$") && KINDS.iter().any(|kind| contains(start, kind)))
}
