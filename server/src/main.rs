//! Starts the server: configuration, logs, backend, port, signals.

use anyhow::Context;
use server::config::Config;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = Config::from_env()?;
    config.log.start();
    let address = config.http.address;
    let backend = server::open(&config.backend).await?;
    let listener =
        TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address} (HOST, PORT)"))?;
    tracing::info!("listening on http://{}", listener.local_addr()?);
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let shutdown = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    server::run(listener, config, backend, shutdown).await
}
