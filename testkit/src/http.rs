//! A small HTTP/1.1 client. Written by hand, because libraries do not report when the first byte of a response arrived.

use std::{
    fmt::Write,
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

const TIMEOUT: Duration = Duration::from_secs(10);

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    method: &'static str,
    path: String,
    headers: Vec<(String, String)>,
    body: String,
}

/// A connection that is kept open for one request after another.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    address: SocketAddr,
}

/// A response.
#[derive(Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    headers: Vec<(String, String)>,
    /// The body, decoded from chunks and still compressed.
    pub body: Vec<u8>,
    /// From the request to the first byte of the response.
    pub first_byte: Duration,
    /// From the request to the last byte of the response.
    pub last_byte: Duration,
}

impl Request {
    /// `GET path`.
    pub fn get(path: impl Into<String>) -> Self {
        Self { method: "GET", path: path.into(), headers: Vec::new(), body: String::new() }
    }

    /// `POST path` with the fields of a form.
    pub fn post(path: impl Into<String>, fields: &[(&str, &str)]) -> Self {
        let pairs: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", percent_encode(value))).collect();
        let request = Self { method: "POST", path: path.into(), headers: Vec::new(), body: pairs.join("&") };
        request.header("content-type", "application/x-www-form-urlencoded")
    }

    /// Adds a header, or replaces the one of that name.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(existing, _)| !existing.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends the cookies, as [`Response::cookies`] has them.
    #[must_use]
    pub fn cookies(self, cookies: &str) -> Self {
        self.header("cookie", cookies)
    }

    /// Sends the request on a connection of its own.
    pub async fn send(&self, address: SocketAddr) -> anyhow::Result<Response> {
        Connection::open(address).await?.send(self).await
    }

    fn encode(&self, address: SocketAddr) -> String {
        let Self { method, path, headers, body } = self;
        let mut text = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\n");
        for (name, value) in headers {
            write!(text, "{name}: {value}\r\n").expect("a string takes everything");
        }
        if *method != "GET" {
            write!(text, "content-length: {}\r\n", body.len()).expect("a string takes everything");
        }
        text + "\r\n" + body
    }
}

impl Connection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, address })
    }

    /// Sends a request and reads the whole response.
    pub async fn send(&mut self, request: &Request) -> anyhow::Result<Response> {
        let response = timeout(TIMEOUT, self.exchange(request)).await.context("no response in time");
        response.flatten().with_context(|| format!("{} {}", request.method, request.path))
    }

    /// Signs in as the form does, and returns the session cookie for [`Request::cookies`].
    pub async fn sign_in(&mut self, name: &str) -> anyhow::Result<String> {
        let form = Request::post("/api/sign_in", &[("name", name), ("room", "")]);
        let response = self.send(&form.header("origin", &format!("http://{}", self.address))).await?;
        ensure!(response.status == 303, "sign-in failed with status {}", response.status);
        Ok(response.cookies())
    }

    async fn exchange(&mut self, request: &Request) -> anyhow::Result<Response> {
        let start = Instant::now();
        self.stream.write_all(request.encode(self.address).as_bytes()).await?;
        let (mut bytes, mut first_byte) = (Vec::with_capacity(32 * 1_024), None);
        loop {
            let is_closed = self.stream.read_buf(&mut bytes).await? == 0;
            let first_byte = *first_byte.get_or_insert_with(|| start.elapsed());
            if let Some((status, headers, body)) = parse(&bytes, is_closed)? {
                return Ok(Response { status, headers, body, first_byte, last_byte: start.elapsed() });
            }
            ensure!(!is_closed, "the server closed the connection");
        }
    }
}

impl Response {
    /// The first header of that name; empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers(name).next().unwrap_or_default()
    }

    /// All headers of that name.
    pub fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        let matching = self.headers.iter().filter(move |(existing, _)| existing.eq_ignore_ascii_case(name));
        matching.map(|(_, value)| value.as_str())
    }

    /// What a browser would send back: the names and values of all cookies that were set.
    pub fn cookies(&self) -> String {
        let pairs: Vec<&str> = self.headers("set-cookie").filter_map(|cookie| cookie.split(';').next()).collect();
        pairs.join("; ")
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

type Parsed = (u16, Vec<(String, String)>, Vec<u8>);

/// Parses a response; `None` while a part of it is missing.
fn parse(bytes: &[u8], is_closed: bool) -> anyhow::Result<Option<Parsed>> {
    let Some((head, rest)) = split_at_mark(bytes, b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(head).context("headers are not UTF-8")?;
    let mut lines = head.split("\r\n");
    let status_line = lines.next().unwrap_or_default();
    let status = status_line.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.with_context(|| format!("no status in {status_line:?}"))?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect();
    let header =
        |wanted: &str| headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value);
    let body = if matches!(status, 101 | 204 | 304) {
        Some(Vec::new())
    } else if header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
        decode_chunks(rest)?
    } else if let Some(length) = header("content-length") {
        rest.get(..length.parse().context("invalid content-length")?).map(<[u8]>::to_vec)
    } else {
        is_closed.then(|| rest.to_vec())
    };
    Ok(body.map(|body| (status, headers, body)))
}

fn decode_chunks(mut rest: &[u8]) -> anyhow::Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    loop {
        let Some((size, after)) = split_at_mark(rest, b"\r\n") else { return Ok(None) };
        let size = std::str::from_utf8(size).ok().and_then(|size| usize::from_str_radix(size, 16).ok());
        let size = size.context("invalid chunk size")?;
        let (Some(chunk), Some(next)) = (after.get(..size), after.get(size + 2..)) else { return Ok(None) };
        if size == 0 {
            return Ok(Some(body));
        }
        body.extend_from_slice(chunk);
        rest = next;
    }
}

fn split_at_mark<'a>(bytes: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes.windows(mark.len()).position(|window| window == mark)?;
    Some((&bytes[..at], &bytes[at + mark.len()..]))
}

fn percent_encode(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).into() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_read_by_length_or_in_chunks_or_until_the_end() {
        for (response, body) in [
            ("HTTP/1.1 200 OK\r\ncontent-length: 3\r\nX: y\r\n\r\nabc", "abc"),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\nA\r\n0123456789\r\n0\r\n\r\n",
                "ab0123456789",
            ),
            ("HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n", ""),
        ] {
            assert_eq!(parse(response.as_bytes(), false).unwrap().unwrap().2, body.as_bytes());
            for missing in 1..response.len() {
                let part = &response.as_bytes()[..response.len() - missing];
                assert!(parse(part, false).unwrap().is_none(), "{response:?} without the last {missing} bytes");
            }
        }
        let until_the_end = b"HTTP/1.0 503 Service Unavailable\r\n\r\nfull";
        assert!(parse(until_the_end, false).unwrap().is_none());
        assert_eq!(parse(until_the_end, true).unwrap().unwrap().2, b"full");
    }

    #[test]
    fn status_and_headers_are_found() {
        let bytes =
            b"HTTP/1.1 422 Unprocessable\r\nSet-Cookie: a=b; Path=/\r\nset-cookie: c=d\r\ncontent-length: 0\r\n\r\n";
        let (status, headers, body) = parse(bytes, false).unwrap().unwrap();
        let response = Response { status, headers, body, first_byte: Duration::ZERO, last_byte: Duration::ZERO };
        assert_eq!((response.status, response.cookies().as_str()), (422, "a=b; c=d"));
        assert_eq!((response.header("SET-COOKIE"), response.header("location")), ("a=b; Path=/", ""));
        assert!(parse(b"what?\r\n\r\n", false).is_err());
    }

    #[test]
    fn a_form_is_encoded() {
        let request = Request::post("/a", &[("name", "Zoë & co"), ("room", "")]).header("Content-Type", "text/plain");
        let expected = "POST /a HTTP/1.1\r\nhost: 127.0.0.1:1\r\nContent-Type: text/plain\r\ncontent-length: 30\r\n\r\n\
                        name=Zo%C3%AB%20%26%20co&room=";
        assert_eq!(request.encode("127.0.0.1:1".parse().unwrap()), expected);
    }
}
