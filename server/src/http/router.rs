//! Routes.

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderValue, Response, StatusCode, header},
    middleware,
    routing::{get, post},
};
use tower_http::{compression::CompressionLayer, services::ServeDir, timeout::TimeoutLayer};

use super::{AppState, forms, headers, health, invite, metrics, pages};

/// Limit for a form in bytes: the longest text, percent-encoded, and the other fields.
const MAX_FORM_BYTES: usize = 64 * 1_024;

/// For files with a hash in their name, whose content never changes.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// For other files: revalidated, and answered with 304 if unchanged.
const NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache");

/// The server as one axum router, with the routes of the WebSocket.
pub fn router(app: Arc<AppState>, sockets: Router<Arc<AppState>>) -> Router {
    let timeout = app.config.http.request_timeout;
    let forms = Router::new()
        .route("/api/sign_in", post(forms::sign_in).get(forms::redirect_home))
        .route("/api/sign_out", post(forms::sign_out).get(forms::redirect_home))
        .route("/api/settings", post(forms::change_settings).get(forms::redirect_home))
        .route("/api/send_message", post(forms::send_message).get(forms::redirect_home))
        .route_layer(middleware::from_fn_with_state(Arc::clone(&app), forms::reject_cross_site));
    let pages = Router::new()
        .route("/", get(pages::home))
        .route("/r", get(pages::find))
        .route("/r/{room}", get(pages::room))
        .route("/offline", get(pages::offline))
        .route("/api/qr.svg", get(invite::qr_code))
        .merge(forms)
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
        .layer(CompressionLayer::new());
    Router::new()
        .merge(pages)
        .merge(sockets)
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/metrics", get(metrics::behind_token))
        .merge(files(&app))
        .layer(middleware::from_fn(headers::add_security_headers))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, timeout))
        .with_state(app)
}

/// The built site, which is compressed at build time. The fallback is the 404 page.
fn files(app: &Arc<AppState>) -> Router<Arc<AppState>> {
    let root = &app.leptos.site_root;
    let serve = |folder: String| ServeDir::new(folder).precompressed_br().precompressed_gzip();
    let is_hashed = app.leptos.hash_files;
    let built = tower::ServiceBuilder::new()
        .map_response(move |response| cached(response, is_hashed))
        .service(serve(format!("{root}/{}", app.leptos.site_pkg_dir)));
    let not_found = get(pages::not_found).with_state(Arc::clone(app));
    Router::new()
        .nest_service(&format!("/{}", app.leptos.site_pkg_dir), built)
        .fallback_service(serve(root.to_string()).append_index_html_on_directories(false).fallback(not_found))
}

/// A missing file is not cached: during a deployment pages and files of two builds meet, and the next instance may have
/// it.
fn cached<B>(mut response: Response<B>, is_hashed: bool) -> Response<B> {
    let is_found = response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, if is_hashed && is_found { IMMUTABLE } else { NO_CACHE });
    // One URL is served in several encodings.
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    response
}
