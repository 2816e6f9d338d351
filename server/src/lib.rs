//! The Sala server. [`run`] serves until shutdown; `ARCHITECTURE.md` describes how the modules depend on each other.

mod app_state;
pub mod backend;
mod clock;
pub mod config;
mod http;
mod hub;
mod normalize;
mod origin;
mod random;
mod rate_limit;
mod session;
mod supervisor;
mod ws;

use std::{future::Future, sync::Arc, time::Duration};

use anyhow::Context;
use leptos::config::LeptosOptions;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use app_state::AppState;
use backend::Backend;
use config::{BackendConfig, Config, HttpConfig};
use hub::Hub;
use rate_limit::RateLimits;
use session::Sessions;
use supervisor::{record_panic, supervise};
use ws::Sockets;

/// How long closing all sockets may take. Cloud Run kills the process 10 s after SIGTERM.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(8);

/// How long the hub may take to shorten its presence entries before sockets are closed.
const PRESENCE_TIMEOUT: Duration = Duration::from_millis(500);

/// Interval of the metrics' upkeep.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// Serves as configured by the environment, until SIGTERM or SIGINT.
///
/// # Errors
/// Invalid configuration, and the errors of [`open`] and [`serve`].
pub async fn start() -> anyhow::Result<()> {
    let config = Config::from_env()?;
    config.log.start();
    let backend = open(&config.backend).await?;
    serve(config, backend).await
}

/// Listens on the configured address and serves with this backend, until SIGTERM or SIGINT.
///
/// # Errors
/// A port that cannot be used, and the errors of [`run`].
pub async fn serve(config: Config, backend: Backend) -> anyhow::Result<()> {
    let address = config.http.address;
    let listener =
        TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address} (HOST, PORT)"))?;
    tracing::info!("listening on http://{}", listener.local_addr()?);
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let shutdown = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    run(listener, config, backend, shutdown).await
}

/// Opens the configured backend.
///
/// # Errors
/// The backend cannot be reached or opened. The text says what to check.
pub async fn open(config: &BackendConfig) -> anyhow::Result<Backend> {
    match config {
        BackendConfig::Embedded { data_dir, history_limit } => backend::sqlite::open(data_dir, *history_limit),
        BackendConfig::Redis(settings) => backend::redis::open(settings.clone()).await,
    }
}

/// Serves until `shutdown` completes, then drains and returns.
///
/// # Errors
/// A port or the session key cannot be used, or the site is not built.
pub async fn run(
    listener: TcpListener,
    config: Config,
    backend: Backend,
    shutdown: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    if let Err(error) = any_spawner::Executor::init_tokio() {
        tracing::debug!(%error, "the executor was already initialised");
    }
    let site = &config.http.site_root;
    let is_built = std::path::Path::new(site).is_dir();
    anyhow::ensure!(is_built, "LEPTOS_SITE_ROOT={site} is no folder: build the site with script/build");
    let draining = CancellationToken::new();
    let metrics = http::install_metrics();
    let request_timeout = config.http.request_timeout;
    let mut servers = JoinSet::new();
    if let Some(port) = config.http.metrics_port {
        let address = (config.http.address.ip(), port);
        let listener =
            TcpListener::bind(address).await.with_context(|| format!("METRICS_PORT={port} cannot be used"))?;
        servers.spawn(http::serve(listener, http::metrics_router(metrics.clone()), request_timeout, draining.clone()));
    }
    let (handle, stop) = (metrics.clone(), draining.clone());
    tokio::spawn(supervise("metrics_upkeep", move |_| run_upkeep(handle.clone(), stop.clone())));
    let hub = Hub::new(backend);
    let app = Arc::new(AppState {
        rate_limits: RateLimits::new(&config.limits),
        sockets: Sockets::new(&config.limits),
        sessions: sessions(&config)?,
        leptos: leptos_options(&config.http),
        hub,
        metrics,
        draining: draining.clone(),
        config,
    });
    servers.spawn(http::serve(
        listener,
        http::router(Arc::clone(&app), ws::routes()),
        request_timeout,
        draining.clone(),
    ));
    let outcome = wait_for_shutdown(shutdown, &mut servers).await;
    tracing::info!("shutting down");
    let hub = Arc::clone(&app.hub);
    let shortening = tokio::spawn(async move { hub.begin_shutdown().await });
    // An entry that is not shortened expires a minute later, so a slow backend is not waited for.
    let _ = tokio::time::timeout(PRESENCE_TIMEOUT, shortening).await;
    draining.cancel();
    let drained = async {
        app.sockets.drained().await;
        while servers.join_next().await.is_some() {}
    };
    if tokio::time::timeout(DRAIN_TIMEOUT, drained).await.is_err() {
        tracing::warn!("some connections did not end in time");
    }
    app.hub.close().await;
    outcome
}

/// Waits until `shutdown` completes, or until a task that accepts connections ends, which only a panic causes.
/// Restarting the process is safer than running without a listener.
async fn wait_for_shutdown(shutdown: impl Future<Output = ()>, servers: &mut JoinSet<()>) -> anyhow::Result<()> {
    tokio::select! {
        () = shutdown => Ok(()),
        Some(ended) = servers.join_next() => {
            record_panic("server");
            ended.context("the task that accepts connections panicked")
        }
    }
}

/// Histograms grow until they are drained, either here or by a scrape.
async fn run_upkeep(metrics: PrometheusHandle, draining: CancellationToken) {
    let mut ticks = tokio::time::interval(UPKEEP_INTERVAL);
    while draining.run_until_cancelled(ticks.tick()).await.is_some() {
        metrics.run_upkeep();
    }
}

/// Without `SESSION_KEY` the embedded backend's folder stores a key. Instances that share a Redis share no folder.
fn sessions(config: &Config) -> anyhow::Result<Sessions> {
    match (&config.session.key, &config.backend) {
        (Some(secret), _) => Ok(Sessions::signed_with(secret)),
        (None, BackendConfig::Embedded { data_dir, .. }) => Sessions::stored_in(data_dir),
        (None, BackendConfig::Redis { .. }) => {
            tracing::warn!(
                "SESSION_KEY is not set: a random key is used, so a restart signs everybody out, and instances do not \
                 know each other's people"
            );
            Ok(Sessions::with_random_key())
        }
    }
}

/// cargo-leptos fixes the names at build time; only the site's folder is configurable.
fn leptos_options(http: &HttpConfig) -> LeptosOptions {
    let reload_port = std::env::var("LEPTOS_RELOAD_PORT").ok().and_then(|port| port.parse().ok());
    LeptosOptions::builder()
        .output_name("sala")
        .site_root(http.site_root.clone())
        .site_pkg_dir("pkg")
        .site_addr(http.address)
        .reload_port(reload_port.unwrap_or(8081))
        .hash_files(!app::is_watched())
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_panic_of_the_accept_loop_ends_the_process_with_an_error() {
        let mut servers = JoinSet::new();
        servers.spawn(std::future::pending());
        servers.spawn(async { panic!("by the test") });
        let waiting = wait_for_shutdown(std::future::pending(), &mut servers);
        let outcome = tokio::time::timeout(Duration::from_secs(1), waiting).await;
        assert!(outcome.expect("the panic is noticed").is_err());
    }
}
