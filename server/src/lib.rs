//! The Sala server. [`run`] is its whole life; `ARCHITECTURE.md` says how its parts depend on each other.

pub mod backend;
mod clock;
pub mod config;
mod defence;
mod http;
mod hub;
mod normalize;
mod rate_limit;
mod session;
mod ws;

use std::{future::Future, sync::Arc, time::Duration};

use anyhow::Context;
use leptos::config::LeptosOptions;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;

use backend::Backend;
use config::{BackendConfig, Config, HttpConfig};
use http::AppState;
use hub::Hub;
use session::Sessions;
use ws::Sockets;

/// How long sockets may take to close. Cloud Run kills 10 s after SIGTERM.
const DRAIN: Duration = Duration::from_secs(8);

/// How long telling the register may hold that up.
const PARTING: Duration = Duration::from_millis(500);

/// How often the metrics are put together.
const UPKEEP: Duration = Duration::from_secs(5);

/// Serves as the environment says, until the process is asked to end.
///
/// # Errors
/// Those of the configuration, of [`open`] and of [`run`], and a port that cannot be used.
pub async fn start() -> anyhow::Result<()> {
    let config = Config::from_env()?;
    config.log.start();
    let address = config.http.address;
    let backend = open(&config.backend).await?;
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
/// When it cannot be reached or opened; the sentence says what to look at.
pub async fn open(config: &BackendConfig) -> anyhow::Result<Backend> {
    match config {
        BackendConfig::Embedded { data_dir, history_limit } => backend::sqlite::open(data_dir, *history_limit),
        BackendConfig::Redis(settings) => backend::redis::open(settings.clone()).await,
    }
}

/// Serves until `shutdown` completes, then lets everybody go and returns.
///
/// # Errors
/// When a port or the key of the sessions cannot be used, or the site is not built.
pub async fn run(
    listener: TcpListener,
    config: Config,
    backend: Backend,
    shutdown: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    if let Err(error) = any_spawner::Executor::init_tokio() {
        tracing::debug!(%error, "another server in this process has set up the renderer");
    }
    let site = &config.http.site_root;
    let is_built = std::path::Path::new(site).is_dir();
    anyhow::ensure!(is_built, "LEPTOS_SITE_ROOT={site} is no folder: build the site with script/build");
    let draining = CancellationToken::new();
    let metrics = http::install_metrics();
    let patience = config.http.request_patience;
    if let Some(port) = config.http.metrics_port {
        let address = (config.http.address.ip(), port);
        let listener =
            TcpListener::bind(address).await.with_context(|| format!("METRICS_PORT={port} cannot be used"))?;
        tokio::spawn(http::serve(listener, http::metrics_router(metrics.clone()), patience, draining.clone()));
    }
    tokio::spawn(keep_up(metrics.clone(), draining.clone()));
    let hub = Hub::new(backend);
    let app = Arc::new(AppState {
        sockets: Sockets::new(&config.limits),
        sessions: sessions(&config)?,
        leptos: leptos_options(&config.http),
        hub,
        metrics,
        draining: draining.clone(),
        config,
    });
    let serve = tokio::spawn(http::serve(listener, http::router(Arc::clone(&app)), patience, draining.clone()));
    shutdown.await;
    tracing::info!("shutting down");
    let hub = Arc::clone(&app.hub);
    let parting = tokio::spawn(async move { hub.begin_shutdown().await });
    // Whose socket ends before the register is told stays there for a minute. It is not waited for where it takes long.
    let _ = tokio::time::timeout(PARTING, parting).await;
    draining.cancel();
    let drained = async {
        app.sockets.drained().await;
        serve.await
    };
    match tokio::time::timeout(DRAIN, drained).await {
        Ok(served) => served.context("the server task panicked")?,
        Err(_) => tracing::warn!("some connections did not end in time"),
    }
    app.hub.close().await;
    Ok(())
}

/// What histograms gather is only put together here, or when somebody asks; without either it grows for ever.
async fn keep_up(metrics: PrometheusHandle, draining: CancellationToken) {
    let mut pace = tokio::time::interval(UPKEEP);
    while draining.run_until_cancelled(pace.tick()).await.is_some() {
        metrics.run_upkeep();
    }
}

/// Where nobody set a key, the embedded database's folder keeps one. Instances with one Redis share no folder.
fn sessions(config: &Config) -> anyhow::Result<Sessions> {
    match (&config.session.key, &config.backend) {
        (Some(secret), _) => Ok(Sessions::signed_with(secret)),
        (None, BackendConfig::Embedded { data_dir, .. }) => Sessions::kept_in(data_dir),
        (None, BackendConfig::Redis { .. }) => {
            tracing::warn!(
                "SESSION_KEY is not set: a random key is used, so a restart signs everybody out, and instances do not \
                 know each other's people"
            );
            Ok(Sessions::until_restart())
        }
    }
}

/// cargo-leptos sets the names at build time; only where the site lies is a matter of the environment.
fn leptos_options(http: &HttpConfig) -> LeptosOptions {
    let watched = std::env::var_os("LEPTOS_WATCH").is_some();
    let reload_port = std::env::var("LEPTOS_RELOAD_PORT").ok().and_then(|port| port.parse().ok());
    LeptosOptions::builder()
        .output_name("sala")
        .site_root(http.site_root.clone())
        .site_pkg_dir("pkg")
        .site_addr(http.address)
        .reload_port(reload_port.unwrap_or(8081))
        .hash_files(!watched)
        .build()
}
