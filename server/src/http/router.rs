//! Which address leads where.

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderValue, header},
    middleware,
    routing::{get, post},
};
use tower_http::{compression::CompressionLayer, services::ServeDir, set_header::SetResponseHeaderLayer};

use super::{AppState, forms, headers, health, metrics, pages};
use crate::ws;

/// The most that a form may weigh, in bytes: the longest text, every byte of it percent-encoded, and the other fields.
const FORM: usize = 64 * 1_024;

/// Hashed names never change their content.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// The server as one axum router.
pub fn router(app: Arc<AppState>) -> Router {
    let forms = Router::new()
        .route("/api/sign_in", post(forms::sign_in).get(forms::start_again))
        .route("/api/sign_out", post(forms::sign_out).get(forms::start_again))
        .route("/api/send_message", post(forms::send_message).get(forms::start_again))
        .route_layer(middleware::from_fn_with_state(Arc::clone(&app), forms::refuse_foreign));
    let pages = Router::new()
        .route("/", get(pages::home))
        .route("/r", get(pages::find))
        .route("/r/{room}", get(pages::room))
        .merge(forms)
        .layer(DefaultBodyLimit::max(FORM))
        .layer(CompressionLayer::new());
    Router::new()
        .merge(pages)
        .route("/ws", get(ws::upgrade))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/metrics", get(metrics::behind_token))
        .merge(files(&app))
        .layer(middleware::from_fn(headers::secure))
        .with_state(app)
}

/// The built site, compressed at build time. Everything that is no file gets a page that says so.
fn files(app: &Arc<AppState>) -> Router<Arc<AppState>> {
    let root = &app.leptos.site_root;
    let serve = |folder: String| ServeDir::new(folder).precompressed_br().precompressed_gzip();
    let hashed = tower::ServiceBuilder::new()
        .layer(SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, IMMUTABLE))
        .service(serve(format!("{root}/{}", app.leptos.site_pkg_dir)));
    let not_found = get(pages::not_found).with_state(Arc::clone(app));
    Router::new()
        .nest_service(&format!("/{}", app.leptos.site_pkg_dir), hashed)
        .fallback_service(serve(root.to_string()).append_index_html_on_directories(false).fallback(not_found))
}
