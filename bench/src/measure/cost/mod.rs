//! What a service on Cloud Run costs: CPU time, bytes on the wire, and what Redis has to do and to keep. `docs/cost.md` explains
//! the figures, `script/cost` computes with them.

mod idle;
mod kept;
mod talk;
mod visits;

use crate::{
    cores::Cores,
    options::Effort,
    report::Figure,
    server::{Backend, Server},
};

/// With Redis only, as Cloud Run has no disk that stays. Each part gets a server of its own.
pub async fn measure(backend: Backend, cores: &Cores, effort: Effort) -> anyhow::Result<Vec<Figure>> {
    if backend == Backend::Embedded {
        return Ok(Vec::new());
    }
    let mut figures = visits::measure(&[Server::start(backend, cores).await?], effort).await?;
    figures.extend(kept::measure(&[Server::start(backend, cores).await?]).await?);
    figures.extend(talk::measure(cores, effort).await?);
    figures.extend(idle::measure(&[Server::start(backend, cores).await?], effort).await?);
    Ok(figures)
}
