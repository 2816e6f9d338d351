//! Taking connections. axum's own loop waits for ever for a request that never ends; many of those cost a client nothing.

use std::{pin::pin, time::Duration};

use axum::{Router, body::Body, extract::Request, serve::Listener};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

/// Serves until told to stop, and returns when what was asked by then is answered. The head of a request, with the silence
/// before it, may take `patience`; then the connection is closed. Sockets that were upgraded are not waited for.
pub async fn serve(mut listener: TcpListener, app: Router, patience: Duration, stop: CancellationToken) {
    let open = TaskTracker::new();
    // Cancel-safe: a connection that was accepted is returned at once. What fails is tried again by `Listener`.
    while let Some((stream, _)) = stop.run_until_cancelled(Listener::accept(&mut listener)).await {
        open.spawn(answer(stream, app.clone(), patience, stop.clone()));
    }
    drop(listener);
    open.close();
    open.wait().await;
}

async fn answer(stream: TcpStream, app: Router, patience: Duration, stop: CancellationToken) {
    // Without this the kernel holds a small frame back until the one before it is acknowledged, which the other side delays
    // by up to 40 ms.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection ended before it began");
        return;
    }
    let app = app.map_request(|request: Request<Incoming>| request.map(Body::new));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(patience);
    let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(app)).with_upgrades();
    let mut connection = pin!(connection);
    let ended = match stop.run_until_cancelled(connection.as_mut()).await {
        Some(ended) => ended,
        None => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}
