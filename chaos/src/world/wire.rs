use std::{
    collections::VecDeque,
    net::Ipv4Addr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use rand::{Rng, rngs::StdRng};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::JoinSet,
    time::sleep,
};

use super::resp::Values;
use crate::{people::MARK, seed::Seed};

/// What the wire does to what goes over it. The shares are of 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Mischief {
    /// Published events that are not delivered.
    pub drop: f64,
    /// Published events that are delivered twice.
    pub repeat: f64,
    /// Published events that are delivered after the one behind them.
    pub reorder: f64,
    /// Appends whose reply never comes: the connection is cut in its place.
    pub swallow: f64,
    /// How long everything from Redis is held up.
    pub delay: Duration,
}

/// A proxy between the instances and Redis. It understands just enough to find published events and replies to appends.
pub struct Wire {
    port: u16,
    shared: Arc<Shared>,
    _accepting: JoinSet<()>,
}

struct Shared {
    state: Mutex<State>,
    faults: AtomicUsize,
}

struct State {
    target: u16,
    mischief: Mischief,
    chance: StdRng,
}

/// What becomes of one published event.
enum Fate {
    Delivered,
    Dropped,
    Repeated,
    Late,
}

impl Wire {
    /// Starts one that leads to a port.
    pub async fn start(target: u16, seed: Seed) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let state = State { target, mischief: Mischief::default(), chance: seed.chance("wire", 0) };
        let shared = Shared { state: Mutex::new(state), faults: AtomicUsize::new(0) };
        let shared = Arc::new(shared);
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { port, shared, _accepting: accepting })
    }

    /// For `REDIS_URL`.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub fn make(&self, mischief: Mischief) {
        self.shared.lock().mischief = mischief;
    }

    /// From now on new connections lead to this port. The present ones stay.
    pub fn lead_to(&self, port: u16) {
        self.shared.lock().target = port;
    }

    /// How many events and replies it has tampered with.
    pub fn faults(&self) -> usize {
        self.shared.faults.load(Ordering::Relaxed)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fault(&self) {
        self.faults.fetch_add(1, Ordering::Relaxed);
    }

    fn fate(&self) -> Fate {
        let mut state = self.lock();
        let Mischief { drop, repeat, reorder, .. } = state.mischief;
        let drawn: f64 = state.chance.random();
        if drawn < drop {
            Fate::Dropped
        } else if drawn < drop + repeat {
            Fate::Repeated
        } else if drawn < drop + repeat + reorder {
            Fate::Late
        } else {
            Fate::Delivered
        }
    }

    fn swallows(&self) -> bool {
        let mut state = self.lock();
        let share = state.mischief.swallow;
        state.chance.random::<f64>() < share
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut pipes = JoinSet::new();
    loop {
        // Where descriptors have run out, one comes free when somebody goes.
        let Ok((client, _)) = listener.accept().await else {
            sleep(Duration::from_millis(10)).await;
            continue;
        };
        let shared = Arc::clone(&shared);
        let target = shared.lock().target;
        pipes.spawn(async move {
            let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, target)).await else { return };
            pipe(client, server, &shared).await;
        });
        while pipes.try_join_next().is_some() {}
    }
}

async fn pipe(client: TcpStream, server: TcpStream, shared: &Shared) {
    for stream in [&client, &server] {
        // A socket that is gone already is found out by reading it.
        let _ = stream.set_nodelay(true);
    }
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
    let (mut bytes, mut values) = (vec![0; 16_384], Values::default());
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
    let (mut bytes, mut values) = (vec![0; 16_384], Values::default());
    let mut late: Option<Vec<u8>> = None;
    loop {
        let read = from.read(&mut bytes).await?;
        if read == 0 {
            return Ok(());
        }
        let delay = shared.lock().mischief.delay;
        if !delay.is_zero() {
            sleep(delay).await;
        }
        values.extend(&bytes[..read]);
        let mut passed = Vec::with_capacity(read);
        while let Some(value) = values.next() {
            if is_event(&value) {
                deliver(value, &mut passed, &mut late, shared);
                continue;
            }
            if !is_push(&value) {
                let appended = questions.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                if appended == Some(true) && shared.swallows() {
                    shared.fault();
                    return to.write_all(&passed).await;
                }
            }
            passed.extend(value);
        }
        to.write_all(&passed).await?;
    }
}

fn deliver(event: Vec<u8>, passed: &mut Vec<u8>, late: &mut Option<Vec<u8>>, shared: &Shared) {
    let fate = shared.fate();
    if !matches!(fate, Fate::Delivered) {
        shared.fault();
    }
    match fate {
        Fate::Delivered => passed.extend(&event),
        Fate::Dropped => {}
        Fate::Repeated => {
            passed.extend(&event);
            passed.extend(&event);
        }
        Fate::Late => {
            passed.extend(late.replace(event).unwrap_or_default());
            return;
        }
    }
    passed.extend(late.take().unwrap_or_default());
}

/// A message of people on the channel of a room.
fn is_event(value: &[u8]) -> bool {
    is_push(value) && contains(&value[..value.len().min(24)], b"message\r\n") && contains(value, MARK.as_bytes())
}

/// What comes unasked, in either version of the protocol.
fn is_push(value: &[u8]) -> bool {
    const KINDS: [&[u8]; 3] = [b"message\r\n", b"subscribe\r\n", b"unsubscribe\r\n"];
    let start = &value[..value.len().min(24)];
    start.starts_with(b">") || (start.starts_with(b"*3\r\n$") && KINDS.iter().any(|kind| contains(start, kind)))
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(text: &str) -> Vec<u8> {
        let payload = format!("+e 1 u p\n{{\"text\":\"{MARK}{text}\"}}");
        format!("*3\r\n$7\r\nmessage\r\n$4\r\nroom\r\n${}\r\n{payload}\r\n", payload.len()).into_bytes()
    }

    fn shared(mischief: Mischief) -> Shared {
        let state = State { target: 0, mischief, chance: Seed(1).chance("wire", 0) };
        Shared { state: Mutex::new(state), faults: AtomicUsize::new(0) }
    }

    #[test]
    fn only_messages_of_people_are_tampered_with() {
        assert!(is_event(&event("hello")));
        for other in ["*3\r\n$7\r\nmessage\r\n$10\r\nsala:probe\r\n$0\r\n\r\n", "$5\r\nhello\r\n", ":1\r\n"] {
            assert!(!is_event(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn each_mischief_does_what_it_says() {
        let (a, b) = (event("a"), event("b"));
        let all = |drop, repeat, reorder| Mischief { drop, repeat, reorder, ..Mischief::default() };
        for (mischief, delivered) in [
            (all(0.0, 0.0, 0.0), [a.clone(), b.clone()].concat()),
            (all(1.0, 0.0, 0.0), Vec::new()),
            (all(0.0, 1.0, 0.0), [a.clone(), a.clone(), b.clone(), b.clone()].concat()),
        ] {
            let (shared, mut passed, mut late) = (shared(mischief), Vec::new(), None);
            deliver(a.clone(), &mut passed, &mut late, &shared);
            deliver(b.clone(), &mut passed, &mut late, &shared);
            assert_eq!(passed, delivered, "{mischief:?}");
        }
        let (late_one, punctual) = (shared(all(0.0, 0.0, 1.0)), shared(Mischief::default()));
        let (mut passed, mut late) = (Vec::new(), None);
        deliver(a.clone(), &mut passed, &mut late, &late_one);
        deliver(b.clone(), &mut passed, &mut late, &punctual);
        assert_eq!(passed, [b, a].concat());
        assert_eq!(late_one.faults.load(Ordering::Relaxed), 1);
    }
}
