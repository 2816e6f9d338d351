//! `GET /metrics`: on its own port, or on the main port behind a token.

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

/// Upper bounds of the append latency's buckets in seconds, from a Redis nearby to an overloaded one.
const APPEND_SECONDS: [f64; 11] = [0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.5, 2.0, 5.0];

/// Installs the process-wide recorder; later calls return the same handle.
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
    describe_gauge!("sala_connections", "Open sockets.");
    describe_gauge!("sala_rooms", "Rooms that this instance is subscribed to.");
    describe_counter!("sala_deliveries_total", "Events put into the send queues of members.");
    describe_histogram!("sala_append_seconds", Unit::Seconds, "Time from a command to its stored event.");
    describe_counter!("sala_replicas_short_total", "Appends that too few replicas confirmed in time.");
    describe_counter!("sala_rotations_total", "Sockets asked to be replaced before the platform cuts them.");
    describe_counter!("sala_repairs_total", "Repairs of a room whose events were missing or out of order.");
    describe_counter!("sala_resets_total", "Resets of a room whose members saw another history, by reason.");
    describe_counter!("sala_range_reads_total", "Range reads of older history for returning clients.");
    describe_counter!("sala_refusals_total", "Refused frames, by code.");
    describe_counter!("sala_upgrades_refused_total", "Refused upgrades, by HTTP status.");
    describe_counter!("sala_task_panics_total", "Panics of background tasks, by task.");
    describe_counter!("sala_slow_readers_total", "Sockets closed because their send queue was full.");
}

/// Serves the metrics on their own port.
pub fn router(handle: PrometheusHandle) -> Router {
    Router::new().route("/metrics", get(async move || (StatusCode::OK, [CONTENT_TYPE], handle.render())))
}

/// Serves the metrics on the main port to requests with the token; 404 if no token is configured.
pub(super) async fn behind_token(State(app): State<Arc<AppState>>, headers: HeaderMap) -> Response {
    let Some(token) = &app.config.http.metrics_token else { return StatusCode::NOT_FOUND.into_response() };
    let sent = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    if sent.is_some_and(|sent| constant_time_eq(sent.as_bytes(), token.as_bytes())) {
        ([CONTENT_TYPE], app.metrics.render()).into_response()
    } else {
        (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")]).into_response()
    }
}

/// Compares in constant time.
fn constant_time_eq(sent: &[u8], token: &[u8]) -> bool {
    sent.len() == token.len() && sent.iter().zip(token).fold(0, |different, (a, b)| different | (a ^ b)) == 0
}
