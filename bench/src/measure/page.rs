//! How soon a room's page with its latest messages arrives.

use std::time::Duration;

use anyhow::ensure;
use protocol::limits;
use testkit::{HttpConnection, Request, Response, percentile};

use crate::{
    deployment::Deployment,
    latency_tag::LatencyTag,
    member_socket::{Incoming, MemberSocket},
    report::Measurement,
};

const REQUESTS: usize = 200;
const WARM_UP_REQUESTS: usize = 20;
const ROOM: &str = "history";

pub async fn measure(server: &Deployment) -> anyhow::Result<Vec<Measurement>> {
    let mut http = HttpConnection::open(server.address()).await?;
    let cookies = http.sign_in("Ana").await?;
    let texts = fill_page(server, &cookies).await?;

    let request = Request::get(format!("/r/{ROOM}")).cookies(&cookies);
    let html = fetch(&mut http, &request).await?.text();
    ensure!(texts.iter().all(|text| html.contains(text.as_str())), "the page does not contain all the messages");

    let request = request.header("accept-encoding", "gzip, deflate, br");
    let (mut first, mut last, mut bytes) = (Vec::new(), Vec::new(), 0);
    for index in 0..WARM_UP_REQUESTS + REQUESTS {
        let response = fetch(&mut http, &request).await?;
        ensure!(!response.header("content-encoding").is_empty(), "the page is not compressed");
        bytes = response.body.len();
        if index >= WARM_UP_REQUESTS {
            first.push(response.first_byte.as_secs_f64() * 1e3);
            last.push(response.last_byte.as_secs_f64() * 1e3);
        }
    }
    let times = [
        ("first byte, median", percentile(first.iter().copied(), 0.5)),
        ("first byte, p99", percentile(first, 0.99)),
        ("last byte, median", percentile(last, 0.5)),
    ];
    let row = |name: &str, unit, value| Measurement::new(format!("Room page, 50 messages: {name}"), unit, value);
    let times = times.into_iter().filter_map(|(name, time)| Some(row(name, "ms", time?)));
    Ok(times.chain([row("compressed", "kB", bytes as f64 / 1e3)]).collect())
}

/// Sends as many messages as a page shows, and returns their texts.
async fn fill_page(server: &Deployment, cookies: &str) -> anyhow::Result<Vec<String>> {
    let mut socket = MemberSocket::join(server.address(), cookies, ROOM).await?;
    let mut texts = Vec::new();
    for index in 0..u32::try_from(limits::PAGE)? {
        let text = LatencyTag::new(0, index, Duration::ZERO).text();
        socket.send(index, text.clone()).await?;
        while socket.receive().await? != Incoming::Acknowledgement {}
        // HTML does not preserve trailing spaces.
        texts.push(text.trim_end().to_owned());
    }
    Ok(texts)
}

async fn fetch(http: &mut HttpConnection, request: &Request) -> anyhow::Result<Response> {
    let response = http.send(request).await?;
    ensure!(response.status == 200, "the room's page has status {}", response.status);
    Ok(response)
}
