//! How soon a room can be read: the page that carries its latest messages.

use std::time::Duration;

use anyhow::{Context, ensure};
use protocol::limits;

use crate::{
    http::{Answer, Connection},
    report::Figure,
    server::Server,
    socket::{Heard, Socket, sign_in},
    stamp::Stamp,
    statistics::percentile,
};

const REQUESTS: usize = 200;
const WARM_UP: usize = 20;
const ROOM: &str = "history";

pub async fn measure(server: &Server) -> anyhow::Result<Vec<Figure>> {
    let mut http = Connection::open(server.address).await?;
    let cookie = sign_in(&mut http, "Ana").await?;
    let texts = talk(server, &cookie).await?;

    let cookie = format!("Cookie: {cookie}\r\n");
    let plain = room_page(&mut http, &cookie).await?;
    let html = String::from_utf8(plain.body).context("the page is no UTF-8")?;
    ensure!(texts.iter().all(|text| html.contains(text.as_str())), "the page does not show all the messages");

    let as_browsers_ask = format!("{cookie}Accept-Encoding: gzip, deflate, br\r\n");
    let (mut first, mut last, mut bytes) = (Vec::new(), Vec::new(), 0);
    for number in 0..WARM_UP + REQUESTS {
        let answer = room_page(&mut http, &as_browsers_ask).await?;
        ensure!(answer.header("content-encoding").is_some(), "the page comes uncompressed");
        bytes = answer.body.len();
        if number >= WARM_UP {
            first.push(milliseconds(answer.first_byte));
            last.push(milliseconds(answer.last_byte));
        }
    }
    let kilobytes = bytes as f64 / 1e3;
    Ok(vec![
        Figure::new("Room page, 50 messages: first byte, median", "ms", percentile(&mut first, 0.5)),
        Figure::new("Room page, 50 messages: first byte, p99", "ms", percentile(&mut first, 0.99)),
        Figure::new("Room page, 50 messages: last byte, median", "ms", percentile(&mut last, 0.5)),
        Figure::new("Room page, 50 messages: compressed", "kB", kilobytes),
    ])
}

/// Says as much as the page shows, and returns the texts.
async fn talk(server: &Server, cookie: &str) -> anyhow::Result<Vec<String>> {
    let mut socket = Socket::join(server.address, cookie, ROOM).await?;
    let mut texts = Vec::new();
    for count in 0..u32::try_from(limits::PAGE)? {
        let text = Stamp::new(0, count, Duration::ZERO).text();
        socket.send(count, text.clone()).await?;
        while socket.hear().await? != Heard::Sent {}
        // A page may show runs of blanks as it likes.
        texts.push(text.trim_end().to_owned());
    }
    Ok(texts)
}

async fn room_page(http: &mut Connection, headers: &str) -> anyhow::Result<Answer> {
    let answer = http.get(&format!("/r/{ROOM}"), headers).await?;
    ensure!(answer.status == 200, "the room's page is answered with {}", answer.status);
    Ok(answer)
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
