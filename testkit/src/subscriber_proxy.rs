use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

use crate::TcpProxy;

/// A TCP proxy in front of Redis that can silence subscribers: their connections stay open and receive nothing more.
#[derive(Debug)]
pub struct SubscriberProxy {
    proxy: TcpProxy,
    generation: Arc<AtomicUsize>,
}

impl SubscriberProxy {
    /// Starts a proxy in front of a Redis on this port.
    pub async fn start(port: u16) -> io::Result<Self> {
        let generation = Arc::new(AtomicUsize::new(0));
        let current = Arc::clone(&generation);
        let relay = move |client, server| relay(client, server, Arc::clone(&current));
        Ok(Self { proxy: TcpProxy::start(port, relay).await?, generation })
    }

    /// For `REDIS_URL`.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.proxy.port())
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.proxy.port()
    }

    /// Leads new connections to another port. Open ones stay.
    pub fn redirect(&self, port: u16) {
        self.proxy.redirect(port);
    }

    /// Silences the subscribers among the open connections. Later connections work.
    pub fn silence_subscribers(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
    }
}

async fn relay(client: TcpStream, server: TcpStream, generation: Arc<AtomicUsize>) {
    let opened_in = generation.load(Ordering::SeqCst);
    let subscribed = AtomicBool::new(false);
    let silenced = || subscribed.load(Ordering::SeqCst) && generation.load(Ordering::SeqCst) > opened_in;
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    // Both directions end as soon as one does: dropping the sockets closes them.
    tokio::select! {
        () = copy_commands(from_client, to_server, &subscribed) => {}
        () = copy_replies(from_server, to_client, silenced) => {}
    }
}

async fn copy_commands(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, subscribed: &AtomicBool) {
    let mut bytes = vec![0; 16_384];
    while let Ok(read @ 1..) = from.read(&mut bytes).await {
        if bytes[..read].windows(9).any(|word| word == b"SUBSCRIBE") {
            subscribed.store(true, Ordering::SeqCst);
        }
        if to.write_all(&bytes[..read]).await.is_err() {
            return;
        }
    }
}

async fn copy_replies(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, silenced: impl Fn() -> bool) {
    let mut bytes = vec![0; 16_384];
    while let Ok(read @ 1..) = from.read(&mut bytes).await {
        if !silenced() && to.write_all(&bytes[..read]).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt, StreamExt};
    use redis::Client;

    use super::*;
    use crate::RedisServer;

    #[tokio::test]
    async fn open_subscribers_are_silenced_and_later_ones_are_not() {
        let server = RedisServer::start().await.unwrap();
        let proxy = SubscriberProxy::start(server.port()).await.unwrap();
        let client = Client::open(proxy.url()).unwrap();
        let mut silent = client.get_async_pubsub().await.unwrap();
        silent.subscribe("news").await.unwrap();
        proxy.silence_subscribers();
        let mut later = client.get_async_pubsub().await.unwrap();
        later.subscribe("news").await.unwrap();
        assert_eq!(server.query::<usize>(&["PUBLISH", "news", "x"]).await.unwrap(), 2);
        assert!(later.on_message().next().await.is_some());
        assert!(silent.on_message().next().now_or_never().is_none());
    }
}
