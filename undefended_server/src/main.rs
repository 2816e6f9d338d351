//! The server with one defence disabled, for `script/chaos --prove`: the fault suite must notice that it is missing.
//!
//! The server itself has no switches. Decorators around the backend hide from the hub what a defence would act on.

mod chain;
mod heads;
mod ids;

use anyhow::{Context, bail};
use server::{backend::Backend, config::Config};

/// Names the defence to disable.
const VARIABLE: &str = "SALA_WITHOUT";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut config = Config::from_env()?;
    config.log.start();
    let defence = std::env::var(VARIABLE).with_context(|| format!("{VARIABLE} is not set"))?;
    tracing::warn!("this server runs without a defence: {defence}");
    let backend = server::open(&config.backend).await?;
    let backend = match defence.as_str() {
        "chain" => chain::disable(backend),
        "silence" => heads::disable(backend),
        "ids" => ids::disable(backend),
        "rotation" => {
            config.limits.socket_lifetime = None;
            backend
        }
        other => bail!("{VARIABLE}={other} cannot be used: allowed is chain, silence, ids or rotation"),
    };
    server::serve(config, backend).await
}

/// Passes the updates through a filter that may change or drop them.
fn filter_updates(
    backend: Backend,
    mut filter: impl FnMut(server::backend::BackendUpdate) -> Option<server::backend::BackendUpdate> + Send + 'static,
) -> Backend {
    let Backend { broker, history, presence, read_markers, mut updates } = backend;
    let (filtered, receiver) = tokio::sync::mpsc::channel(server::backend::UPDATE_QUEUE);
    tokio::spawn(async move {
        while let Some(update) = updates.recv().await {
            // The hub has gone when nobody receives; the loop then ends with the backend.
            if let Some(update) = filter(update)
                && filtered.send(update).await.is_err()
            {
                return;
            }
        }
    });
    Backend { broker, history, presence, read_markers, updates: receiver }
}
