use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};

use futures_util::future::{Either, select};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::{sleep, timeout},
};

/// How long one direction of a connection may outlive the other, for a close frame that is still on its way.
const LINGER: Duration = Duration::from_secs(1);

/// A proxy in front of a port of the loopback interface. Its connections are cut when this is dropped.
#[derive(Debug)]
pub struct TcpProxy {
    port: u16,
    target: Arc<AtomicU16>,
    _connections: JoinSet<()>,
}

impl TcpProxy {
    /// Starts a proxy in front of a port. `relay` copies between the client's connection and the one to the target, and
    /// ends both by returning.
    pub async fn start<F>(
        target: u16,
        relay: impl Fn(TcpStream, TcpStream) -> F + Send + Sync + 'static,
    ) -> io::Result<Self>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let target = Arc::new(AtomicU16::new(target));
        let (current_target, relay) = (Arc::clone(&target), Arc::new(relay));
        let (address, connections) = accept_connections(0, move |client| {
            let (target, relay) = (current_target.load(Ordering::SeqCst), Arc::clone(&relay));
            async move {
                let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, target)).await else { return };
                // A socket that is already closed fails when it is read.
                let _ = server.set_nodelay(true);
                relay(client, server).await;
            }
        })
        .await?;
        Ok(Self { port: address.port(), target, _connections: connections })
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Leads new connections to another port. Open ones stay.
    pub fn redirect(&self, target: u16) {
        self.target.store(target, Ordering::SeqCst);
    }
}

/// Listens on a port, a free one for 0, and runs `serve` for each connection. All connections are cut when the returned set
/// is dropped.
pub async fn accept_connections<F>(
    port: u16,
    serve: impl Fn(TcpStream) -> F + Send + Sync + 'static,
) -> io::Result<(SocketAddr, JoinSet<()>)>
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let address = listener.local_addr()?;
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            let Ok((client, _)) = listener.accept().await else {
                // Out of file descriptors: one becomes free when a connection ends.
                sleep(Duration::from_millis(10)).await;
                continue;
            };
            // A socket that is already closed fails when it is read.
            let _ = client.set_nodelay(true);
            connections.spawn(serve(client));
            while connections.try_join_next().is_some() {}
        }
    });
    Ok((address, tasks))
}

/// Runs both directions of a relay until either ends: a close is passed on, and so is a cut.
pub async fn until_either_ends(up: impl Future, down: impl Future) {
    let _ = match select(pin!(up), pin!(down)).await {
        Either::Left((_, down)) => timeout(LINGER, down).await.map(drop),
        Either::Right((_, up)) => timeout(LINGER, up).await.map(drop),
    };
}
