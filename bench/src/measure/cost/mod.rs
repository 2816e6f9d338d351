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
    spent::Spent,
};

/// How CPU time is told and kept, and how many of it there are in a second.
type CpuUnit = (&'static str, &'static str, f64);
const MILLISECONDS: CpuUnit = ("ms", "MS", 1e3);
const MICROSECONDS: CpuUnit = ("µs", "US", 1e6);

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

/// What one of something takes, told by its name and kept by its key. `each` says how much of a part of what was spent that is.
fn figures(name: &str, key: &str, cpu: CpuUnit, each: impl Fn(fn(&Spent) -> f64) -> f64) -> Vec<Figure> {
    let (unit, kept, in_a_second) = cpu;
    let figure = |what: &str, unit, kept: &str, value| {
        Figure::new(format!("{name}: {what}"), unit, value).kept_as(format!("{key}_{kept}"))
    };
    let (of_server, of_redis) = (each(|spent| spent.server.as_secs_f64()), each(|spent| spent.redis.as_secs_f64()));
    vec![
        figure("bytes", "B", "BYTES", each(|spent| spent.bytes as f64)),
        figure("CPU", unit, &format!("CPU_{kept}"), of_server * in_a_second),
        figure("CPU of Redis", unit, &format!("REDIS_CPU_{kept}"), of_redis * in_a_second),
        figure("commands of Redis", "", "REDIS_COMMANDS", each(|spent| spent.usage.commands as f64)),
        figure("bytes to Redis", "B", "REDIS_RECEIVED", each(|spent| spent.usage.received as f64)),
        figure("bytes from Redis", "B", "REDIS_SENT", each(|spent| spent.usage.sent as f64)),
    ]
}
