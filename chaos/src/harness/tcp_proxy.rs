use std::{
    net::SocketAddr,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::future::{Either, select};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};

use super::accept::accept;

/// How much a slow door holds, so that what it does not pass on stays where it came from.
const SMALL: u32 = 4_096;
/// How long the second direction of a connection may outlive the first.
const LINGER: Duration = Duration::from_secs(1);

/// A proxy between the clients and the instances: it leads them to one after the other, and cuts them off.
pub struct TcpProxy {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    _accepting: JoinSet<()>,
}

struct Shared {
    targets: Vec<SocketAddr>,
    accepted: AtomicUsize,
    /// How long a connection may last; it plays the request cap of Cloud Run.
    cap: Option<Duration>,
    /// Bytes a second for each reader; without a number, as many as come.
    speed: watch::Sender<Option<usize>>,
    cuts: watch::Sender<usize>,
}

impl TcpProxy {
    pub async fn open(targets: Vec<SocketAddr>, cap: Option<Duration>, speed: Option<usize>) -> anyhow::Result<Self> {
        let shared = Arc::new(Shared {
            targets,
            accepted: AtomicUsize::new(0),
            cap,
            speed: watch::channel(speed).0,
            cuts: watch::channel(0).0,
        });
        let leading = Arc::clone(&shared);
        let (address, accepting) = accept(move |client| lead(client, Arc::clone(&leading))).await?;
        Ok(Self { address, shared, _accepting: accepting })
    }

    /// Cuts all connections at once.
    pub fn cut(&self) {
        self.shared.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// From now on every reader takes so many bytes a second; without a number, as many as come.
    pub fn send_interval(&self, speed: Option<usize>) {
        self.shared.speed.send_replace(speed);
    }
}

impl Shared {
    /// The next instance that takes a connection, as a load balancer finds it.
    async fn connect(&self) -> Option<TcpStream> {
        let first = self.accepted.fetch_add(1, Ordering::Relaxed);
        for offset in 0..self.targets.len() {
            let target = self.targets[(first + offset) % self.targets.len()];
            if let Ok(stream) = self.dial(target).await {
                return Some(stream);
            }
        }
        None
    }

    async fn dial(&self, target: SocketAddr) -> std::io::Result<TcpStream> {
        let socket = TcpSocket::new_v4()?;
        if self.speed.borrow().is_some() {
            socket.set_recv_buffer_size(SMALL)?;
        }
        let stream = socket.connect(target).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

async fn lead(client: TcpStream, shared: Arc<Shared>) {
    let Some(instance) = shared.connect().await else { return };
    let mut cuts = shared.cuts.subscribe();
    cuts.mark_unchanged();
    let cap = async { sleep(shared.cap.unwrap_or(Duration::MAX)).await };
    // Dropping the sockets is what cuts them.
    tokio::select! {
        () = pipe(client, instance, shared.speed.subscribe()) => {}
        () = cap => {}
        _ = cuts.changed() => {}
    }
}

/// Ends when either side does: a close is passed on, and so is a cut.
async fn pipe(client: TcpStream, instance: TcpStream, speed: watch::Receiver<Option<usize>>) {
    let ((from_client, to_client), (from_instance, to_instance)) = (client.into_split(), instance.into_split());
    let fast = watch::channel(None).1;
    let up = pin!(pump(from_client, to_instance, fast));
    let down = pin!(pump(from_instance, to_client, speed));
    // What is still on its way in the other direction, a close frame above all, gets a moment.
    let _ = match select(up, down).await {
        Either::Left((_, down)) => timeout(LINGER, down).await,
        Either::Right((_, up)) => timeout(LINGER, up).await,
    };
}

async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    speed: watch::Receiver<Option<usize>>,
) -> std::io::Result<()> {
    let mut bytes = vec![0; 8_192];
    loop {
        let allowed = *speed.borrow();
        // A tenth of a second's worth at a time.
        let most = allowed.map_or(bytes.len(), |speed| (speed / 10).clamp(1, bytes.len()));
        let read = from.read(&mut bytes[..most]).await?;
        if read == 0 {
            return to.shutdown().await;
        }
        to.write_all(&bytes[..read]).await?;
        if let Some(speed) = allowed {
            sleep(Duration::from_secs_f64(read as f64 / speed as f64)).await;
        }
    }
}
