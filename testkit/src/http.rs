//! A small HTTP client that measures when the response began and ended.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use http_body_util::{BodyExt, Full};
use hyper::{
    HeaderMap, Method,
    body::Bytes,
    client::conn::http1::{SendRequest, handshake},
    header::{self, HeaderName, HeaderValue},
};
use hyper_util::rt::TokioIo;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::{net::TcpStream, time::timeout};

const TIMEOUT: Duration = Duration::from_secs(10);

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: String,
}

/// A connection that is kept open for one request after another.
#[derive(Debug)]
pub struct HttpConnection {
    sender: SendRequest<Full<Bytes>>,
    address: SocketAddr,
}

/// A response.
#[derive(Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    headers: HeaderMap,
    /// The body, still compressed.
    pub body: Bytes,
    /// From the request to the head of the response.
    pub first_byte: Duration,
    /// From the request to the last byte of the response.
    pub last_byte: Duration,
}

impl Request {
    /// `GET path`.
    pub fn get(path: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), headers: Vec::new(), body: String::new() }
    }

    /// `POST path` with the fields of a form.
    pub fn post(path: impl Into<String>, fields: &[(&str, &str)]) -> Self {
        let pairs =
            fields.iter().map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
        let body = pairs.collect::<Vec<String>>().join("&");
        let request = Self { method: Method::POST, path: path.into(), headers: Vec::new(), body };
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
        HttpConnection::open(address).await?.send(self).await
    }

    fn encode(&self, address: SocketAddr) -> anyhow::Result<hyper::Request<Full<Bytes>>> {
        let Self { method, path, headers, body } = self;
        let mut request = hyper::Request::new(Full::from(body.clone()));
        (*request.method_mut(), *request.uri_mut()) = (method.clone(), path.parse()?);
        request.headers_mut().insert(header::HOST, address.to_string().parse()?);
        for (name, value) in headers {
            request.headers_mut().insert(name.parse::<HeaderName>()?, HeaderValue::from_bytes(value.as_bytes())?);
        }
        Ok(request)
    }
}

impl HttpConnection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // Ends with the sender. What fails, fails for the sender too.
        tokio::spawn(connection);
        Ok(Self { sender, address })
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
        let request = request.encode(self.address)?;
        self.sender.ready().await?;
        let start = Instant::now();
        let (head, body) = self.sender.send_request(request).await?.into_parts();
        let first_byte = start.elapsed();
        let body = body.collect().await?.to_bytes();
        Ok(Response {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
            first_byte,
            last_byte: start.elapsed(),
        })
    }
}

impl Response {
    /// The first header of that name; empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers(name).next().unwrap_or_default()
    }

    /// All headers of that name.
    pub fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.get_all(name).iter().filter_map(|value| value.to_str().ok())
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

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::accept_connections;

    #[tokio::test]
    async fn a_form_is_sent_and_its_answer_read() {
        let (address, _server) = accept_connections(0, |mut client| async move {
            let mut request = vec![0; 1_024];
            let read = client.read(&mut request).await.unwrap();
            let request = String::from_utf8_lossy(&request[..read]).into_owned();
            let expected = "\r\ncontent-type: text/plain\r\ncontent-length: 30\r\n\r\nname=Zo%C3%AB%20%26%20co&room=";
            let status =
                if request.starts_with("POST /a HTTP/1.1\r\n") && request.ends_with(expected) { 200 } else { 400 };
            let head = format!("HTTP/1.1 {status} x\r\nSet-Cookie: a=b; Path=/\r\nset-cookie: c=d\r\n");
            let answer = head + "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\nA\r\n0123456789\r\n0\r\n\r\n";
            client.write_all(answer.as_bytes()).await.unwrap();
        })
        .await
        .unwrap();
        let form = Request::post("/a", &[("name", "Zoë & co"), ("room", "")]).header("Content-Type", "text/plain");
        let response = form.send(address).await.unwrap();
        assert_eq!((response.status, response.text().as_str()), (200, "ab0123456789"));
        assert_eq!((response.cookies().as_str(), response.header("SET-COOKIE")), ("a=b; c=d", "a=b; Path=/"));
        assert_eq!(response.header("location"), "");
    }
}
