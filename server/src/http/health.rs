//! Liveness and readiness.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};

use super::AppState;

/// `GET /health/live`: the process answers.
pub(super) async fn live() -> StatusCode {
    StatusCode::OK
}

/// `GET /health/ready`: 503 while the instance drains or its subscription is down.
pub(super) async fn ready(State(app): State<Arc<AppState>>) -> (StatusCode, &'static str) {
    if app.is_draining() {
        (StatusCode::SERVICE_UNAVAILABLE, "draining")
    } else if app.hub.subscription_is_down() {
        (StatusCode::SERVICE_UNAVAILABLE, "deaf to the broker")
    } else {
        (StatusCode::OK, "ready")
    }
}
