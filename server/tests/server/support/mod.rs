//! A server on a free port, people who sign in to it, and their sockets.

mod socket;

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use server::config::{Config, Environment};
use tempfile::TempDir;
use testkit::{HttpConnection, Response};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};

pub use socket::{PATIENCE, TestSocket, text};

pub const SESSION_KEY: &str = "only for tests, and long enough to be a key";

/// A running server. It shuts down when [`TestServer::stop`] is called or the test ends.
pub struct TestServer {
    pub address: SocketAddr,
    data: Arc<TempDir>,
    shutdown: Option<oneshot::Sender<()>>,
    running: Option<JoinHandle<anyhow::Result<()>>>,
}

impl TestServer {
    /// A server with defaults.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// A server with these variables in its environment.
    pub async fn with(variables: &[(&str, &str)]) -> Self {
        Self::on(Arc::new(TempDir::new().unwrap()), variables).await
    }

    /// A server on this folder.
    pub async fn on(data: Arc<TempDir>, variables: &[(&str, &str)]) -> Self {
        let folder = data.path().display().to_string();
        let site = site().display().to_string();
        let own = [("DATA_DIR", folder.as_str()), ("SESSION_KEY", SESSION_KEY), ("LEPTOS_SITE_ROOT", &site)];
        let config = Config::from(&own.iter().chain(variables).copied().collect::<Environment>()).unwrap();
        let backend = server::open(&config.backend).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (shutdown, told) = oneshot::channel();
        let running = tokio::spawn(server::run(listener, config, backend, async {
            // A dropped sender ends the server as well.
            drop(told.await);
        }));
        Self { address, data, shutdown: Some(shutdown), running: Some(running) }
    }

    /// Shuts down, and waits until everything has ended.
    pub async fn stop(&mut self) {
        drop(self.shutdown.take());
        if let Some(running) = self.running.take() {
            running.await.unwrap().unwrap();
        }
    }

    /// A new server on the same database.
    pub async fn restart(self) -> Self {
        self.restart_with(&[]).await
    }

    /// As [`TestServer::restart`], with these variables in its environment.
    pub async fn restart_with(mut self, variables: &[(&str, &str)]) -> Self {
        self.stop().await;
        Self::on(Arc::clone(&self.data), variables).await
    }

    pub fn get(&self, path: &str) -> TestRequest {
        TestRequest { address: self.address, request: testkit::Request::get(path) }
    }

    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> TestRequest {
        TestRequest { address: self.address, request: testkit::Request::post(path, fields) }
    }

    /// Signs somebody in, and returns their cookie.
    pub async fn sign_in(&self, name: &str) -> String {
        HttpConnection::open(self.address).await.unwrap().sign_in(name).await.unwrap()
    }

    /// A socket of a new person.
    pub async fn connect(&self, name: &str) -> TestSocket {
        TestSocket::open(self.address, &self.sign_in(name).await).await
    }

    /// The connection of a new person after the upgrade, without a WebSocket client on it.
    pub async fn upgrade_raw(&self, name: &str) -> TcpStream {
        let (address, cookie) = (self.address, self.sign_in(name).await);
        let socket = TcpSocket::new_v4().unwrap();
        // So that the kernel buffers little.
        socket.set_recv_buffer_size(4_096).unwrap();
        let mut raw = socket.connect(address).await.unwrap();
        let upgrade = format!(
            "GET /ws HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\nCookie: {cookie}\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Protocol: sala.v1\r\n\r\n"
        );
        raw.write_all(upgrade.as_bytes()).await.unwrap();
        let mut start = [0; 12];
        raw.read_exact(&mut start).await.unwrap();
        assert_eq!(&start, b"HTTP/1.1 101");
        raw
    }

    /// A socket of a new person who is in the room.
    pub async fn enter(&self, name: &str, room: &str) -> TestSocket {
        let mut socket = self.connect(name).await;
        socket.join(room).await;
        socket
    }
}

/// A request to a server.
pub struct TestRequest {
    address: SocketAddr,
    request: testkit::Request,
}

impl TestRequest {
    pub fn header(self, name: &str, value: &str) -> Self {
        Self { request: self.request.header(name, value), ..self }
    }

    pub fn cookie(self, cookie: &str) -> Self {
        self.header("cookie", cookie)
    }

    pub async fn send(self) -> Response {
        self.request.send(self.address).await.unwrap()
    }
}

/// A site with one hashed file, since these tests do not build the real one.
fn site() -> PathBuf {
    let site = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("site");
    std::fs::create_dir_all(site.join("pkg")).unwrap();
    std::fs::write(site.join("pkg/sala.css"), "body{}").unwrap();
    site
}
