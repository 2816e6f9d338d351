//! HTTP: pages, forms, files, health and metrics.

mod forms;
mod headers;
mod health;
mod invite;
mod metrics;
mod pages;
mod preferences;
mod router;
mod serve;

use axum::http::{HeaderMap, header};

use crate::{
    app_state::{AppState, session_of},
    clock,
};

pub use metrics::{install as install_metrics, router as metrics_router};
pub use router::router;
pub use serve::serve;

/// A renewed session cookie, if the session is half over. Only for navigations: the response to a background fetch
/// could arrive after sign-out and sign the user in again.
fn renewed_session(app: &AppState, headers: &HeaderMap) -> Option<String> {
    if headers.get("sec-fetch-mode").is_some_and(|mode| mode != "navigate") {
        return None;
    }
    let (is_tls, now) = (is_tls(headers), clock::now_ms());
    let cookies = headers.get_all(header::COOKIE);
    cookies.iter().find_map(|cookies| app.sessions.renew(cookies.to_str().ok()?, is_tls, now))
}

/// Whether the browser's connection uses TLS, according to the load balancer. A client that forges the header only
/// affects its own cookie.
fn is_tls(headers: &HeaderMap) -> bool {
    let proto = headers.get("x-forwarded-proto").and_then(|proto| proto.to_str().ok()).unwrap_or_default();
    // Each proxy appends its own value; the first one is the browser's connection.
    proto.split(',').next().is_some_and(|first| first.trim().eq_ignore_ascii_case("https"))
}
