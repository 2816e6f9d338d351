use std::{fmt::Write, net::SocketAddr, time::Duration};

use anyhow::ensure;

use super::{
    haproxy_stats::{BackendLoad, parse_load, sessions_older_than},
    request_queue::{NO_INSTANCE, RequestQueue, TOO_EARLY},
};
use crate::harness::Haproxy;

/// The maximum number of instances, over all revisions.
pub const SLOTS: usize = 64;
const BACKEND: &str = "instances";

/// HAProxy with a slot for every possible instance. A slot is disabled until an instance takes it.
#[derive(Debug)]
pub struct LoadBalancer {
    haproxy: Haproxy,
    concurrency: usize,
}

impl LoadBalancer {
    pub async fn start(address: SocketAddr, concurrency: usize, queue: &RequestQueue) -> anyhow::Result<Self> {
        let haproxy = Haproxy::start(address, &configuration(address, concurrency, queue)?).await?;
        Ok(Self { haproxy, concurrency })
    }

    /// Gives a slot to an instance. It gets requests once it has a weight: HAProxy fills a server that comes up with a weight
    /// from the queue, and sends it new requests besides, beyond its concurrency.
    pub async fn enable(&self, slot: usize, instance: SocketAddr) -> anyhow::Result<()> {
        let (server, ip, port) = (server(slot), instance.ip(), instance.port());
        self.execute(&format!("set server {server} weight 0")).await?;
        let output = self.haproxy.query(&format!("set server {server} addr {ip} port {port}")).await?;
        // The slot may have had the same address before.
        ensure!(output.contains("changed") || output.contains("no need"), "haproxy refuses an address: {output}");
        self.execute(&format!("set server {server} state ready")).await
    }

    /// Stops new requests to a slot. Present ones continue.
    pub async fn disable(&self, slot: usize) -> anyhow::Result<()> {
        self.execute(&format!("set server {} state maint", server(slot))).await
    }

    /// Sets the weights of slots, from 1 to 256. The affinity cookie takes precedence.
    pub async fn set_weights(&self, weights: &[(usize, u16)]) -> anyhow::Result<()> {
        if weights.is_empty() {
            return Ok(());
        }
        // Setting `maxconn` makes a server look at the queue.
        let command = |(slot, weight): &(usize, u16)| {
            let (server, maxconn) = (server(*slot), self.concurrency);
            format!("set server {server} weight {weight};set maxconn server {server} {maxconn}")
        };
        self.execute(&weights.iter().map(command).collect::<Vec<String>>().join(";")).await
    }

    pub async fn load(&self) -> anyhow::Result<BackendLoad> {
        parse_load(&self.haproxy.query("show stat").await?, BACKEND)
    }

    /// Closes requests that have reached the timeout, and returns their number. HAProxy's own timeouts only count inactivity,
    /// so they would spare a busy socket.
    pub async fn close_older_than(&self, timeout: Duration) -> anyhow::Result<usize> {
        let list = self.haproxy.query("show sess").await?;
        let sessions = sessions_older_than(&list, BACKEND, timeout);
        for session in &sessions {
            // Its output says so if the session has just ended by itself.
            self.haproxy.query(&format!("shutdown session {session}")).await?;
        }
        Ok(sessions.len())
    }

    /// Runs commands that have no output.
    async fn execute(&self, commands: &str) -> anyhow::Result<()> {
        let output = self.haproxy.query(commands).await?;
        ensure!(output.trim().is_empty(), "haproxy refuses '{commands}': {output}");
        Ok(())
    }
}

/// The name of a slot's server within the backend.
pub fn name(slot: usize) -> String {
    format!("slot{slot}")
}

fn server(slot: usize) -> String {
    format!("{BACKEND}/{}", name(slot))
}

fn configuration(address: SocketAddr, concurrency: usize, queue: &RequestQueue) -> anyhow::Result<String> {
    let max_wait = queue.max_wait.as_millis();
    // One thread, so that checking an instance's load and choosing it are atomic. A request is buffered whole, so that it can
    // be sent to an instance after it waited in the queue. HAProxy says 503 if there is no instance, Cloud Run 429; an
    // instance's own 503 stays.
    let mut text = format!(
        "  nbthread 1\n\
         defaults\n  mode http\n  timeout connect 1s\n  timeout client 24h\n  timeout server 24h\n  timeout tunnel 24h\n  \
         timeout http-request 30s\n  timeout http-keep-alive 60s\n  timeout queue {max_wait}ms\n  option http-buffer-request\n  \
         option forwardfor\n  option redispatch 1\n  retries 3\n  retry-on conn-failure {TOO_EARLY}\n\
         frontend front\n  bind {address}\n  http-request set-header X-Forwarded-Proto http\n  default_backend {BACKEND}\n\
         backend {BACKEND}\n  balance roundrobin\n  cookie GAESA insert indirect nocache httponly\n  \
         http-response set-var(txn.answered) bool(true)\n  \
         http-after-response set-status 429 reason \"Too Many Requests\" if {{ status 503 }} !{{ var(txn.answered) -m found }}\n  \
         http-error status 503 content-type \"text/plain; charset=utf-8\" string \"{NO_INSTANCE}\"\n"
    );
    for slot in 0..SLOTS {
        let name = name(slot);
        // Otherwise a client that returns to a full instance would wait for it even if others have capacity.
        writeln!(
            text,
            "  acl of_{name} req.cook(GAESA) -m str {name}\n  acl full_{name} srv_conn({name}) ge {concurrency}"
        )?;
        writeln!(text, "  ignore-persist if of_{name} full_{name}")?;
        // Nothing listens at this address. It is replaced when an instance takes the slot.
        writeln!(text, "  server {name} 127.0.0.1:1 cookie {name} maxconn {concurrency} disabled")?;
    }
    writeln!(text, "  server waiting {} backup", queue.address)?;
    Ok(text)
}
