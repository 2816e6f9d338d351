//! `GET /metrics`, never public by accident: on a port of its own, or behind a token.

use std::sync::{Arc, LazyLock};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use super::AppState;

const CONTENT_TYPE: (header::HeaderName, &str) = (header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");

/// Upper bounds of the append latency's buckets, in seconds: from a Redis nearby to one that is in trouble.
const APPEND_SECONDS: [f64; 11] = [0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.5, 2.0, 5.0];

/// Starts counting in this process; called again, it gives the same counts.
pub fn install() -> PrometheusHandle {
    static HANDLE: LazyLock<PrometheusHandle> = LazyLock::new(|| {
        let builder = PrometheusBuilder::new().set_buckets(&APPEND_SECONDS).expect("the buckets are not empty");
        let handle = builder.install_recorder().expect("nothing else counts in this process");
        describe();
        handle
    });
    HANDLE.clone()
}

fn describe() {
    describe_gauge!("sala_connections", "Sockets that are open now.");
    describe_gauge!("sala_rooms", "Rooms that are live on this instance now.");
    describe_counter!("sala_deliveries_total", "Events put into the queues of members.");
    describe_histogram!(
        "sala_append_seconds",
        Unit::Seconds,
        "Time from a message, or a change to one, to its place in the history."
    );
    describe_counter!("sala_replicas_short_total", "Appends that too few replicas had in time.");
    describe_counter!("sala_rotations_total", "Sockets that were asked to change before the platform cuts them.");
    describe_counter!("sala_repairs_total", "Rooms whose chain of events broke and was read again.");
    describe_counter!("sala_resets_total", "Rooms whose history was no longer what their members saw, by reason.");
    describe_counter!("sala_range_reads_total", "Reads of older history for people who came back.");
    describe_counter!("sala_refusals_total", "Frames that were not granted, by code.");
    describe_counter!("sala_upgrades_refused_total", "Sockets that were not opened, by HTTP status.");
    describe_counter!("sala_slow_readers_total", "Sockets that were closed because their reader fell too far behind.");
}

/// The metrics alone, for a port of their own.
pub fn router(handle: PrometheusHandle) -> Router {
    Router::new().route("/metrics", get(async move || (StatusCode::OK, [CONTENT_TYPE], handle.render())))
}

/// The metrics on the main port: for those who send the token. Without a token configured there is nothing here.
pub(super) async fn behind_token(State(app): State<Arc<AppState>>, headers: HeaderMap) -> Response {
    let Some(token) = &app.config.http.metrics_token else { return StatusCode::NOT_FOUND.into_response() };
    let sent = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    if sent.is_some_and(|sent| is_same(sent.as_bytes(), token.as_bytes())) {
        ([CONTENT_TYPE], app.metrics.render()).into_response()
    } else {
        (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")]).into_response()
    }
}

/// Compares in a time that does not tell where they differ.
fn is_same(sent: &[u8], token: &[u8]) -> bool {
    sent.len() == token.len() && sent.iter().zip(token).fold(0, |different, (a, b)| different | (a ^ b)) == 0
}
