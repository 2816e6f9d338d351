use std::{
    fmt::Write,
    net::{Ipv4Addr, SocketAddr},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, bail};
use tempfile::TempDir;
use testkit::{Process, free_port};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UnixStream},
    process::Command,
    time::{sleep, timeout},
};

const START_TIMEOUT: Duration = Duration::from_secs(10);
const COMMAND_TIMEOUT: Duration = Duration::from_secs(5);
/// The name of the admin socket in the working directory.
const ADMIN_SOCKET: &str = "admin";

/// A running HAProxy with its admin socket.
#[derive(Debug)]
pub struct Haproxy {
    _process: Process,
    folder: TempDir,
    pub address: SocketAddr,
}

impl Haproxy {
    /// Starts HAProxy in front of a fixed set of instances. It checks their readiness and retries on another instance.
    pub async fn in_front_of(instances: &[SocketAddr]) -> anyhow::Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        Self::start(address, &configuration(address, instances)?).await
    }

    /// Starts HAProxy with a configuration that listens on `address`.
    pub async fn start(address: SocketAddr, configuration: &str) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let (file, admin) = (folder.path().join("haproxy.cfg"), folder.path().join(ADMIN_SOCKET));
        let global = format!("global\n  maxconn 4000\n  stats socket {} level admin\n", admin.display());
        std::fs::write(&file, global + configuration)?;
        let mut command = Command::new("haproxy");
        command.arg("-db").arg("-f").arg(&file).stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = Process::start(&mut command)?;
        let listening = async {
            while TcpStream::connect(address).await.is_err() {
                sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::select! {
            () = listening => {}
            status = process.wait() => bail!("haproxy ended at its start with {}", status?),
            () = sleep(START_TIMEOUT) => bail!("haproxy does not listen on {address}"),
        }
        Ok(Self { _process: process, folder, address })
    }

    /// Runs one command of the admin socket, or several separated by semicolons, and returns the output.
    pub async fn query(&self, command: &str) -> anyhow::Result<String> {
        let query = async {
            let mut admin = UnixStream::connect(self.folder.path().join(ADMIN_SOCKET)).await?;
            admin.write_all(format!("{command}\n").as_bytes()).await?;
            let mut output = String::new();
            admin.read_to_string(&mut output).await?;
            anyhow::Ok(output)
        };
        let output = timeout(COMMAND_TIMEOUT, query).await.context("haproxy does not answer").flatten();
        output.with_context(|| format!("haproxy: {command}"))
    }
}

fn configuration(address: SocketAddr, instances: &[SocketAddr]) -> anyhow::Result<String> {
    let mut text = format!(
        "defaults\n  mode http\n  timeout connect 1s\n  timeout client 1h\n  timeout server 1h\n  timeout tunnel 1h\n  \
         retries 3\n  option redispatch 1\n\
         listen sala\n  bind {address}\n  balance roundrobin\n  \
         option httpchk GET /health/ready\n  default-server check inter 300ms fall 1 rise 1\n"
    );
    for (index, instance) in instances.iter().enumerate() {
        writeln!(text, "  server instance{index} {instance}")?;
    }
    Ok(text)
}
