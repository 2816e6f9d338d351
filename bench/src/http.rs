//! As much of an HTTP/1.1 client as the measurements need: one connection that is kept, one request at a time. Written by
//! hand, since libraries do not tell when the first byte came.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

const PATIENCE: Duration = Duration::from_secs(10);

/// A kept connection.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    address: SocketAddr,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: String,
    pub body: Vec<u8>,
    /// From the request to the first byte.
    pub first_byte: Duration,
    /// From the request to the last one.
    pub last_byte: Duration,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await.context("the server takes no connection")?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, address })
    }

    /// `GET path`. `headers` are whole lines, each with its line end.
    pub async fn get(&mut self, path: &str, headers: &str) -> anyhow::Result<Answer> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n{headers}\r\n", self.address);
        timeout(PATIENCE, self.ask(&request)).await.with_context(|| format!("GET {path} hangs"))?
    }

    /// `POST path` with the fields of a form.
    pub async fn post(&mut self, path: &str, form: &str) -> anyhow::Result<Answer> {
        let address = self.address;
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            form.len()
        );
        timeout(PATIENCE, self.ask(&request)).await.with_context(|| format!("POST {path} hangs"))?
    }

    async fn ask(&mut self, request: &str) -> anyhow::Result<Answer> {
        let start = Instant::now();
        self.stream.write_all(request.as_bytes()).await?;
        let mut bytes = Vec::with_capacity(32 * 1_024);
        self.read(&mut bytes).await?;
        let first_byte = start.elapsed();
        loop {
            if let Some((status, headers, body)) = parse(&bytes)? {
                return Ok(Answer { status, headers, body, first_byte, last_byte: start.elapsed() });
            }
            self.read(&mut bytes).await?;
        }
    }

    async fn read(&mut self, bytes: &mut Vec<u8>) -> anyhow::Result<()> {
        ensure!(self.stream.read_buf(bytes).await? > 0, "the server closed the connection");
        Ok(())
    }
}

impl Answer {
    /// The value of a header, as it stands.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}

/// The status, headers and body of a whole answer; `None` while some of it is missing.
fn parse(bytes: &[u8]) -> anyhow::Result<Option<(u16, String, Vec<u8>)>> {
    let Some((head, rest)) = split(bytes, b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(head).context("headers that are no text")?;
    let (line, headers) = head.split_once("\r\n").unwrap_or((head, ""));
    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.with_context(|| format!("no status in {line:?}"))?;
    let body = if header(headers, "transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
        unchunk(rest)?
    } else {
        let length = header(headers, "content-length").map_or(Ok(0), str::parse).context("not a length")?;
        rest.get(..length).map(<[u8]>::to_vec)
    };
    Ok(body.map(|body| (status, headers.to_owned(), body)))
}

fn unchunk(mut rest: &[u8]) -> anyhow::Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    loop {
        let Some((size, after)) = split(rest, b"\r\n") else { return Ok(None) };
        let size = std::str::from_utf8(size).ok().and_then(|size| usize::from_str_radix(size, 16).ok());
        let size = size.context("not the size of a chunk")?;
        let (Some(chunk), Some(next)) = (after.get(..size), after.get(size + 2..)) else { return Ok(None) };
        if size == 0 {
            return Ok(Some(body));
        }
        body.extend_from_slice(chunk);
        rest = next;
    }
}

fn split<'a>(bytes: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes.windows(mark.len()).position(|window| window == mark)?;
    Some((&bytes[..at], &bytes[at + mark.len()..]))
}

fn header<'a>(headers: &'a str, wanted: &str) -> Option<&'a str> {
    let mut lines = headers.split("\r\n").filter_map(|line| line.split_once(':'));
    lines.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_read_by_its_length_or_in_chunks() {
        for (answer, body) in [
            ("HTTP/1.1 200 OK\r\ncontent-length: 3\r\nX: y\r\n\r\nabc", "abc"),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\nA\r\n0123456789\r\n0\r\n\r\n",
                "ab0123456789",
            ),
            ("HTTP/1.1 303 See Other\r\nlocation: /\r\n\r\n", ""),
        ] {
            let (_, _, parsed) = parse(answer.as_bytes()).unwrap().unwrap();
            assert_eq!(parsed, body.as_bytes());
            for missing in 1..answer.len() {
                assert!(
                    parse(&answer.as_bytes()[..answer.len() - missing]).unwrap().is_none(),
                    "{answer:?} less {missing}"
                );
            }
        }
    }

    #[test]
    fn status_and_headers_are_found() {
        let answer = b"HTTP/1.1 422 Unprocessable Entity\r\nSet-Cookie: a=b; Path=/\r\n\r\n";
        let (status, headers, _) = parse(answer).unwrap().unwrap();
        assert_eq!((status, header(&headers, "set-cookie")), (422, Some("a=b; Path=/")));
        assert!(parse(b"what?\r\n\r\n").is_err());
    }
}
