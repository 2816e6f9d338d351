//! As much of an HTTP/1.1 client as signing in and looking at metrics need: one request on a connection.

use std::{net::SocketAddr, time::Duration};

use anyhow::Context;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

const TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub struct Response {
    pub status: u16,
    headers: String,
    pub body: String,
}

/// `GET path`. `headers` are whole lines, each with its line end.
pub async fn get(address: SocketAddr, path: &str, headers: &str) -> anyhow::Result<Response> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n");
    ask(address, &request).await.with_context(|| format!("GET {path}"))
}

/// `POST path` with the fields of a form.
pub async fn post(address: SocketAddr, path: &str, form: &str) -> anyhow::Result<Response> {
    let length = form.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{form}"
    );
    ask(address, &request).await.with_context(|| format!("POST {path}"))
}

async fn ask(address: SocketAddr, request: &str) -> anyhow::Result<Response> {
    let asking = async {
        let mut stream = TcpStream::connect(address).await.context("nobody takes a connection")?;
        stream.write_all(request.as_bytes()).await?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await?;
        parse(&String::from_utf8_lossy(&bytes)).context("the answer is not HTTP")
    };
    timeout(TIMEOUT, asking).await.context("no answer")?
}

/// Chunks are left as they are: whoever looks for a line in the body finds it all the same.
fn parse(text: &str) -> Option<Response> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let (line, headers) = head.split_once("\r\n").unwrap_or((head, ""));
    let status = line.strip_prefix("HTTP/1.1 ")?.split(' ').next()?.parse().ok()?;
    Some(Response { status, headers: headers.to_owned(), body: body.to_owned() })
}

impl Response {
    /// The values of all headers of that name, as they stand.
    pub fn headers(&self, wanted: &str) -> impl Iterator<Item = &str> {
        let lines = self.headers.split("\r\n").filter_map(|line| line.split_once(':'));
        lines.filter(move |(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_headers_and_body_are_found() {
        let answer = parse("HTTP/1.1 303 See Other\r\nSet-Cookie: a=b; Path=/\r\nset-cookie: c=d\r\n\r\nbody").unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (303, "body"));
        assert!(answer.headers("Set-Cookie").eq(["a=b; Path=/", "c=d"]));
        assert!(parse("what?\r\n\r\n").is_none());
    }
}
