use std::{fmt::Write, net::SocketAddr, time::Duration};

use anyhow::ensure;

use super::{
    haproxy_stats::{BackendLoad, load, sessions_older_than},
    request_queue::{NO_INSTANCE, RequestQueue, TOO_EARLY},
};
use crate::harness::Haproxy;

/// How many instances there can be at once, over all revisions.
pub const SLOTS: usize = 64;
const BACKEND: &str = "instances";
/// Besides those of instances.
const QUEUE_SERVER: &str = "waiting";

/// HAProxy with a slot for each instance that may come. A slot is out of use until an instance takes it.
#[derive(Debug)]
pub struct LoadBalancer {
    haproxy: Haproxy,
    concurrency: usize,
}

impl LoadBalancer {
    /// Where no instance is there, requests are led to the waiting room.
    pub async fn start(address: SocketAddr, concurrency: usize, room: &RequestQueue) -> anyhow::Result<Self> {
        let haproxy = Haproxy::start(address, &configuration(address, concurrency, room)?).await?;
        Ok(Self { haproxy, concurrency })
    }

    /// Gives a slot to the instance at that address, which gets requests once it has been weighed. HAProxy would give a server
    /// that comes up with a weight as many of the waiting requests as it may have, and others besides.
    pub async fn admit(&self, slot: usize, instance: SocketAddr) -> anyhow::Result<()> {
        let (server, ip, port) = (server(slot), instance.ip(), instance.port());
        self.execute(&format!("set server {server} weight 0")).await?;
        let moved = self.haproxy.ask(&format!("set server {server} addr {ip} port {port}")).await?;
        // The slot may have had the same port before, which is no change.
        ensure!(moved.contains("changed") || moved.contains("no need"), "haproxy does not take an address: {moved}");
        self.execute(&format!("set server {server} state ready")).await
    }

    /// It gets no new requests; those that it has go on.
    pub async fn take_out(&self, slot: usize) -> anyhow::Result<()> {
        self.execute(&format!("set server {} state maint", server(slot))).await
    }

    /// Each slot gets requests by its weight, of 1 to 256, as far as the cookie leaves a choice.
    pub async fn update_weights(&self, weights: &[(usize, u16)]) -> anyhow::Result<()> {
        if weights.is_empty() {
            return Ok(());
        }
        // Being told what they may have lets them look whether requests wait.
        let update_weights = |(slot, weight): &(usize, u16)| {
            let (server, most) = (server(*slot), self.concurrency);
            format!("set server {server} weight {weight};set maxconn server {server} {most}")
        };
        self.execute(&weights.iter().map(update_weights).collect::<Vec<String>>().join(";")).await
    }

    pub async fn load(&self) -> anyhow::Result<BackendLoad> {
        load(&self.haproxy.ask("show stat").await?, BACKEND)
    }

    /// Cuts the requests whose time is up, sockets that are busy as well: a timeout of HAProxy's would only count their silence.
    /// Returns how many.
    pub async fn cut(&self, timeout: Duration) -> anyhow::Result<usize> {
        let list = self.haproxy.ask("show sess").await?;
        let overdue = sessions_older_than(&list, BACKEND, timeout);
        for request in &overdue {
            // Of one that has just ended by itself it says that there is none.
            self.haproxy.ask(&format!("shutdown session {request}")).await?;
        }
        Ok(overdue.len())
    }

    /// Commands that are carried out without a word.
    async fn execute(&self, commands: &str) -> anyhow::Result<()> {
        let answer = self.haproxy.ask(commands).await?;
        ensure!(answer.trim().is_empty(), "haproxy does not do '{commands}': {answer}");
        Ok(())
    }
}

/// The name of a slot's server within its backend.
pub fn name(slot: usize) -> String {
    format!("slot{slot}")
}

fn server(slot: usize) -> String {
    format!("{BACKEND}/{}", name(slot))
}

fn configuration(address: SocketAddr, concurrency: usize, room: &RequestQueue) -> anyhow::Result<String> {
    let max_wait = room.max_wait.as_millis();
    // One thread, so that nothing comes between the look at how full an instance is and the choice of it. A request stays in
    // the buffer as a whole, so that one that comes from the waiting room can be sent to an instance. HAProxy says 503 for want
    // of an instance, Cloud Run 429; the 503 of an instance is its own.
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
        // Somebody who comes back to a full instance would wait for it even where others have room.
        writeln!(
            text,
            "  acl of_{name} req.cook(GAESA) -m str {name}\n  acl full_{name} srv_conn({name}) ge {concurrency}"
        )?;
        writeln!(text, "  ignore-persist if of_{name} full_{name}")?;
        // The address is one that nobody has, until an instance takes the slot.
        writeln!(text, "  server {name} 127.0.0.1:1 cookie {name} maxconn {concurrency} disabled")?;
    }
    writeln!(text, "  server {QUEUE_SERVER} {} backup", room.address)?;
    Ok(text)
}
