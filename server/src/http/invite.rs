//! What makes it easy to bring somebody along.

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

/// Of the drawing, in its own units; pages scale it.
const SIDE: u32 = 240;

/// The query of `GET /api/qr.svg`.
#[derive(Deserialize)]
pub(super) struct Whither {
    room: String,
}

/// `GET /api/qr.svg?room=…`: the room's address as a QR code, for a phone beside the screen.
pub(super) async fn qr_code(
    State(app): State<Arc<AppState>>,
    Query(whither): Query<Whither>,
    headers: HeaderMap,
) -> Response {
    if session_of(&app, &headers).is_none() {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let Ok(room) = normalize::room_name(&whither.room) else { return StatusCode::NOT_FOUND.into_response() };
    let Some(host) = headers.get(header::HOST).and_then(|host| host.to_str().ok()) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let scheme = if is_tls(&headers) { "https" } else { "http" };
    draw(&format!("{scheme}://{host}{}", app::room_path(room.as_str())))
}

fn draw(address: &str) -> Response {
    // Only an absurdly long host makes it too much for one code.
    let Ok(code) = QrCode::with_error_correction_level(address, EcLevel::M) else {
        return StatusCode::URI_TOO_LONG.into_response();
    };
    let image = code.render::<svg::Color<'_>>().min_dimensions(SIDE, SIDE).build();
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("image/svg+xml")),
        // It holds the host, and a page may have several.
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache")),
    ];
    (headers, image).into_response()
}
