use http_body_util::{BodyExt, Full};
use hyper::{Method, body::Bytes, header};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// A request to be sent.
pub struct Request {
    builder: hyper::http::request::Builder,
    body: String,
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub headers: hyper::HeaderMap,
    pub body: String,
}

impl Request {
    pub fn new(address: &str, method: &str, path: &str) -> Self {
        let builder =
            hyper::Request::builder().method(method.parse::<Method>().unwrap()).uri(format!("http://{address}{path}"));
        Self { builder, body: String::new() }
    }

    pub fn form(mut self, fields: &[(&str, &str)]) -> Self {
        let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
        let pairs: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        self.body = pairs.join("&");
        self.header("content-type", "application/x-www-form-urlencoded")
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.builder = self.builder.header(name, value);
        self
    }

    pub fn cookie(self, cookie: &str) -> Self {
        self.header("cookie", cookie)
    }

    pub async fn send(self) -> Answer {
        let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
        let answer = client.request(self.builder.body(Full::from(self.body)).unwrap()).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let body = String::from_utf8_lossy(&body).into_owned();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The name and value of the cookie that was set.
    pub fn cookie(&self) -> String {
        self.header(header::SET_COOKIE.as_str()).split(';').next().unwrap().to_owned()
    }
}
