//! A real Redis for a test: on a free port of the loopback interface, without persistence, gone with the value.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long one server may take to answer.
const READY: Duration = Duration::from_secs(10);

/// A running server.
pub struct RedisServer {
    child: Child,
    port: u16,
    password: String,
    dir: TempDir,
}

impl RedisServer {
    /// Starts one and returns when it answers.
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// Starts one with more arguments.
    pub fn with(arguments: &[&str]) -> Self {
        let all: Vec<_> =
            ["--save", "", "--appendonly", "no"].iter().chain(arguments).map(ToString::to_string).collect();
        Self::launch(|_| all.clone())
    }

    /// Starts a Sentinel, which keeps what it is told in a file.
    pub fn sentinel() -> Self {
        Self::launch(|dir| {
            let file = dir.join("sentinel.conf");
            std::fs::write(&file, "").unwrap();
            vec![file.display().to_string(), "--sentinel".to_owned()]
        })
    }

    /// A free port may be lost to another process before Redis has it; then another one is tried.
    fn launch(arguments: impl Fn(&Path) -> Vec<String>) -> Self {
        (0..5).find_map(|_| Self::try_launch(&arguments)).expect("redis-server starts, and is installed")
    }

    /// For `REDIS_URL`.
    pub fn url(&self) -> String {
        format!("redis://{}127.0.0.1:{}", self.authority(), self.port)
    }

    /// What stands before the host in a URL: the password it was started with.
    pub fn authority(&self) -> String {
        if self.password.is_empty() { String::new() } else { format!(":{}@", self.password) }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The folder of its files.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Sends this very server a signal, such as `-STOP`.
    pub fn signal(&self, name: &str) {
        // Of the shell, since the program of that name is not on every machine.
        let kill = format!("kill {name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    fn try_launch(arguments: impl Fn(&Path) -> Vec<String>) -> Option<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let dir = tempfile::tempdir().unwrap();
        let arguments = arguments(dir.path());
        let password = arguments.iter().skip_while(|name| *name != "--requirepass").nth(1).cloned().unwrap_or_default();
        let child = Command::new("redis-server")
            .args(arguments)
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
            .arg("--dir")
            .arg(dir.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("redis-server is installed");
        let mut server = Self { child, port, password, dir };
        let deadline = Instant::now() + READY;
        while Instant::now() < deadline && server.child.try_wait().unwrap().is_none() {
            if server.answers() {
                return Some(server);
            }
            sleep(Duration::from_millis(10));
        }
        None
    }

    /// Whether this server answers, and not another one on the same port.
    fn answers(&self) -> bool {
        let info = redis::Client::open(self.url())
            .and_then(|client| client.get_connection())
            .and_then(|mut connection| redis::cmd("INFO").arg("server").query::<String>(&mut connection));
        info.is_ok_and(|info| info.contains(&format!("process_id:{}\r\n", self.child.id())))
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        // It may have ended already; whatever happens, nothing of it is needed any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
