use std::{
    collections::VecDeque,
    net::Ipv4Addr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU16, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::JoinSet,
    time::sleep,
};

use super::{
    accept::accept,
    fault_injector::{FaultConfig, FaultInjector, is_event},
    resp::{RespSplitter, contains},
};
use crate::{clients::MARK, seed::Seed};

/// A proxy between the instances and Redis. It understands just enough to find published events and replies to appends.
pub struct RedisProxy {
    port: u16,
    shared: Arc<Shared>,
    _accepting: JoinSet<()>,
}

struct Shared {
    /// The port that new connections lead to.
    target: AtomicU16,
    injector: Mutex<FaultInjector>,
}

impl RedisProxy {
    /// Starts one that leads to a port.
    pub async fn start(target: u16, seed: Seed) -> anyhow::Result<Self> {
        let shared =
            Arc::new(Shared { target: AtomicU16::new(target), injector: Mutex::new(FaultInjector::new(seed)) });
        let leading = Arc::clone(&shared);
        let (address, accepting) = accept(move |client| lead(client, Arc::clone(&leading))).await?;
        Ok(Self { port: address.port(), shared, _accepting: accepting })
    }

    /// For `REDIS_URL`.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub fn make(&self, fault_config: FaultConfig) {
        self.shared.injector().make(fault_config);
    }

    /// From now on new connections lead to this port. The present ones stay.
    pub fn redirect(&self, port: u16) {
        self.shared.target.store(port, Ordering::Relaxed);
    }

    /// How many events and replies it has tampered with.
    pub fn faults(&self) -> usize {
        self.shared.injector().faults()
    }
}

impl Shared {
    fn injector(&self) -> MutexGuard<'_, FaultInjector> {
        self.injector.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn lead(client: TcpStream, shared: Arc<Shared>) {
    let target = shared.target.load(Ordering::Relaxed);
    let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, target)).await else { return };
    let _ = server.set_nodelay(true);
    pipe(client, server, &shared).await;
}

async fn pipe(client: TcpStream, server: TcpStream, shared: &Shared) {
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    // For each question on its way, whether it appends. Subscriptions are pushed and not asked for, so it stays empty there.
    let questions = Mutex::new(VecDeque::new());
    // Both directions end as soon as one does: dropping the sockets is what cuts them.
    tokio::select! {
        _ = up(from_client, to_server, &questions) => {}
        _ = down(from_server, to_client, &questions, shared) => {}
    }
}

async fn up(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, questions: &Mutex<VecDeque<bool>>) -> std::io::Result<()> {
    let (mut bytes, mut values) = (vec![0; 16_384], RespSplitter::default());
    loop {
        let read = from.read(&mut bytes).await?;
        if read == 0 {
            return Ok(());
        }
        values.extend(&bytes[..read]);
        while let Some(question) = values.next() {
            if !contains(&question, b"SUBSCRIBE") {
                let appends = contains(&question, b"EVALSHA") && contains(&question, MARK.as_bytes());
                questions.lock().unwrap_or_else(PoisonError::into_inner).push_back(appends);
            }
            to.write_all(&question).await?;
        }
    }
}

async fn down(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    questions: &Mutex<VecDeque<bool>>,
    shared: &Shared,
) -> std::io::Result<()> {
    let (mut bytes, mut values) = (vec![0; 16_384], RespSplitter::default());
    let mut late: Option<Vec<u8>> = None;
    loop {
        let read = from.read(&mut bytes).await?;
        if read == 0 {
            return Ok(());
        }
        let delay = shared.injector().delay();
        if !delay.is_zero() {
            sleep(delay).await;
        }
        values.extend(&bytes[..read]);
        let mut passed = Vec::with_capacity(read);
        while let Some(value) = values.next() {
            if is_push(&value) && is_event(&value) {
                shared.injector().deliver(value, &mut passed, &mut late);
                continue;
            }
            if !is_push(&value) {
                let appended = questions.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                if appended == Some(true) && shared.injector().swallows_reply() {
                    return to.write_all(&passed).await;
                }
            }
            passed.extend(value);
        }
        to.write_all(&passed).await?;
    }
}

/// What comes unasked, in either version of the protocol.
fn is_push(value: &[u8]) -> bool {
    const KINDS: [&[u8]; 3] = [b"message\r\n", b"subscribe\r\n", b"unsubscribe\r\n"];
    let start = &value[..value.len().min(24)];
    start.starts_with(b">") || (start.starts_with(b"*3\r\n$") && KINDS.iter().any(|kind| contains(start, kind)))
}
