use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::sleep,
};

/// Listens on a port of its own and lets each connection be served. All of them are cut when the returned set is dropped.
pub async fn accept<F>(
    serve: impl Fn(TcpStream) -> F + Send + Sync + 'static,
) -> std::io::Result<(SocketAddr, JoinSet<()>)>
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let mut accepting = JoinSet::new();
    accepting.spawn(async move {
        let mut pipes = JoinSet::new();
        loop {
            // Where descriptors have run out, one comes free when somebody goes.
            let Ok((client, _)) = listener.accept().await else {
                sleep(Duration::from_millis(10)).await;
                continue;
            };
            // A socket that is gone already is found out by reading it.
            let _ = client.set_nodelay(true);
            pipes.spawn(serve(client));
            while pipes.try_join_next().is_some() {}
        }
    });
    Ok((address, accepting))
}
