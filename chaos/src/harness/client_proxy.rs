use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use testkit::{accept_connections, until_either_ends};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpSocket, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::JoinSet,
    time::sleep,
};

/// The receive buffer of a throttled connection, so that unread data stays with the instance.
const THROTTLED_BUFFER: u32 = 4_096;

/// A proxy between the clients and their targets. It distributes connections, and cuts or throttles them.
pub struct ClientProxy {
    pub address: SocketAddr,
    shared: Arc<ProxyState>,
    _connections: JoinSet<()>,
}

struct ProxyState {
    targets: Vec<SocketAddr>,
    accepted: AtomicUsize,
    /// The maximum age of a connection, like Cloud Run's request timeout.
    max_age: Option<Duration>,
    /// Bytes per second towards each client; unlimited if `None`.
    throttle: watch::Sender<Option<usize>>,
    cuts: watch::Sender<usize>,
}

impl ClientProxy {
    /// Starts a proxy. It can throttle later only if `throttle` is set from the start, because buffers are sized when a
    /// connection is opened.
    pub async fn start(
        targets: Vec<SocketAddr>,
        max_age: Option<Duration>,
        throttle: Option<usize>,
    ) -> anyhow::Result<Self> {
        let (accepted, throttle, cuts) = (AtomicUsize::new(0), watch::channel(throttle).0, watch::channel(0).0);
        let shared = Arc::new(ProxyState { targets, accepted, max_age, throttle, cuts });
        let serving = Arc::clone(&shared);
        let (address, connections) = accept_connections(0, move |client| relay(client, Arc::clone(&serving))).await?;
        Ok(Self { address, shared, _connections: connections })
    }

    /// Cuts all connections.
    pub fn cut(&self) {
        self.shared.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Limits what every client receives, in bytes per second; `None` lifts the limit.
    pub fn throttle(&self, bytes_per_second: Option<usize>) {
        self.shared.throttle.send_replace(bytes_per_second);
    }
}

impl ProxyState {
    /// Connects to the next target that accepts, as a load balancer does.
    async fn connect(&self) -> Option<TcpStream> {
        let first = self.accepted.fetch_add(1, Ordering::Relaxed);
        for offset in 0..self.targets.len() {
            let target = self.targets[(first + offset) % self.targets.len()];
            if let Ok(stream) = self.connect_to(target).await {
                return Some(stream);
            }
        }
        None
    }

    async fn connect_to(&self, target: SocketAddr) -> std::io::Result<TcpStream> {
        let socket = TcpSocket::new_v4()?;
        if self.throttle.borrow().is_some() {
            socket.set_recv_buffer_size(THROTTLED_BUFFER)?;
        }
        let stream = socket.connect(target).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

async fn relay(client: TcpStream, shared: Arc<ProxyState>) {
    let Some(server) = shared.connect().await else { return };
    let mut cuts = shared.cuts.subscribe();
    cuts.mark_unchanged();
    let expiry = async { sleep(shared.max_age.unwrap_or(Duration::MAX)).await };
    let ((mut from_client, to_client), (from_server, mut to_server)) = (client.into_split(), server.into_split());
    // Each half is closed when its direction ends.
    let up = async move { tokio::io::copy(&mut from_client, &mut to_server).await };
    let copying = until_either_ends(up, copy_throttled(from_server, to_client, shared.throttle.subscribe()));
    // Dropping the sockets cuts them.
    tokio::select! {
        () = copying => {}
        () = expiry => {}
        _ = cuts.changed() => {}
    }
}

async fn copy_throttled(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    throttle: watch::Receiver<Option<usize>>,
) -> std::io::Result<()> {
    let mut bytes = vec![0; 8_192];
    loop {
        let limit = *throttle.borrow();
        // At most a tenth of a second's worth at a time.
        let chunk = limit.map_or(bytes.len(), |limit| (limit / 10).clamp(1, bytes.len()));
        let read = from.read(&mut bytes[..chunk]).await?;
        if read == 0 {
            return to.shutdown().await;
        }
        to.write_all(&bytes[..read]).await?;
        if let Some(limit) = limit {
            sleep(Duration::from_secs_f64(read as f64 / limit as f64)).await;
        }
    }
}
