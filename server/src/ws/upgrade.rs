//! Accepts or refuses new sockets. Everything is checked before the upgrade, so that a refusal is cheap.

use std::sync::Arc;

use axum::{
    extract::{State, WebSocketUpgrade, ws::rejection::WebSocketUpgradeRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use protocol::{SUBPROTOCOL, limits};

use super::{ConnectionPermit, connection};
use crate::{
    app_state::{AppState, session_of},
    origin,
};

/// axum's default of 128 KiB would be most of the memory of an idle socket (axum PR #3178).
const READ_BUFFER: usize = 4_096;

/// Frames are buffered up to this size before they are written.
const WRITE_BUFFER: usize = 16 * 1_024;

/// Limit of the WebSocket's own write buffer: it holds the largest response (`catch_up::RECOVERY_BYTES` and its
/// envelope) and a batch of events. When it is full, writing waits.
const MAX_WRITE_BUFFER: usize = 1_024 * 1_024;

/// `GET /ws`.
pub async fn upgrade(
    State(app): State<Arc<AppState>>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let refuse = |status: StatusCode, reason: &'static str| {
        metrics::counter!("sala_upgrades_refused_total", "status" => status.as_u16().to_string()).increment(1);
        (status, reason).into_response()
    };
    let Some(user) = session_of(&app, &headers) else {
        return refuse(StatusCode::UNAUTHORIZED, "Sign in first: POST /api/sign_in.");
    };
    if !origin::is_allowed(&headers, &app.config.http.allowed_origins) {
        return refuse(StatusCode::FORBIDDEN, "The Origin header is missing or foreign; see ALLOWED_ORIGINS.");
    }
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
    if !upgrade.requested_protocols().any(|protocol| protocol == SUBPROTOCOL) {
        return refuse(StatusCode::BAD_REQUEST, "Sec-WebSocket-Protocol must offer sala.v1.");
    }
    let Some(permit) = ConnectionPermit::take(&app, &user.id).filter(|_| !app.is_draining()) else {
        let reason = "This instance is full, busy or going away, or has too many sockets of yours.";
        return ([(header::RETRY_AFTER, "1")], refuse(StatusCode::SERVICE_UNAVAILABLE, reason)).into_response();
    };
    let app = Arc::clone(&app);
    upgrade
        .protocols([SUBPROTOCOL])
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_write_buffer_size(MAX_WRITE_BUFFER)
        .max_message_size(limits::FRAME)
        .max_frame_size(limits::FRAME)
        .on_upgrade(move |socket| async move {
            let connection = connection::serve(Arc::clone(&app), user, socket);
            app.sockets.open.track_future(connection).await;
            drop(permit);
        })
}
