//! Accepts connections. `axum::serve` has no timeout for request heads, so idle connections would cost a client
//! nothing.

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

/// Serves until `stop` is cancelled, then waits for the requests in progress. The head of a request, with the idle time
/// before it, may take `timeout`; then the connection is closed. Upgraded sockets are not waited for.
pub async fn serve(mut listener: TcpListener, app: Router, timeout: Duration, stop: CancellationToken) {
    let open = TaskTracker::new();
    // Cancel-safe: an accepted connection is returned at once. `Listener` retries after errors.
    while let Some((stream, _)) = stop.run_until_cancelled(Listener::accept(&mut listener)).await {
        open.spawn(answer(stream, app.clone(), timeout, stop.clone()));
    }
    drop(listener);
    open.close();
    open.wait().await;
}

async fn answer(stream: TcpStream, app: Router, timeout: Duration, stop: CancellationToken) {
    // Without `TCP_NODELAY` the kernel delays a small frame until the one before is acknowledged, by up to 40 ms.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection ended before it began");
        return;
    }
    let app = app.map_request(|request: Request<Incoming>| request.map(Body::new));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(timeout);
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
