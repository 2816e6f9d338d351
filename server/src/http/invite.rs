//! The QR code of a room's address.

use std::sync::Arc;

use axum::{
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use qrcode::{EcLevel, QrCode, render::svg};
use serde::Deserialize;

use super::{AppState, is_tls, session_of};
use crate::normalize;

/// Least size of the image in its own units; pages scale it.
const MIN_SIZE: u32 = 240;

/// Query of `GET /api/qr.svg`.
#[derive(Deserialize)]
pub(super) struct QrQuery {
    room: String,
}

/// `GET /api/qr.svg?room=…`: the room's address as a QR code, to open the room on a phone.
pub(super) async fn qr_code(
    State(app): State<Arc<AppState>>,
    Query(query): Query<QrQuery>,
    headers: HeaderMap,
) -> Response {
    if session_of(&app, &headers).is_none() {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let Ok(room) = normalize::room_name(&query.room) else { return StatusCode::NOT_FOUND.into_response() };
    let Some(host) = headers.get(header::HOST).and_then(|host| host.to_str().ok()) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let scheme = if is_tls(&headers) { "https" } else { "http" };
    draw(&format!("{scheme}://{host}{}", app::room_path(room.as_str())))
}

fn draw(address: &str) -> Response {
    // Only an absurdly long host does not fit.
    let Ok(code) = QrCode::with_error_correction_level(address, EcLevel::M) else {
        return StatusCode::URI_TOO_LONG.into_response();
    };
    let image = code.render::<svg::Color<'_>>().min_dimensions(MIN_SIZE, MIN_SIZE).build();
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("image/svg+xml")),
        // The image contains the host, and one room may be reachable under several.
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache")),
    ];
    (headers, image).into_response()
}
