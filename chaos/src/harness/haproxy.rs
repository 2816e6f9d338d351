use std::{
    fmt::Write,
    net::{Ipv4Addr, SocketAddr},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, bail};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UnixStream},
    process::Command,
    time::{Instant, sleep, timeout},
};

use super::process::{Process, free_port};

const START: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_secs(5);
/// The socket on which it takes commands, in its folder.
const CONTROL: &str = "control";

/// A real load balancer, which can be asked and told things while it runs.
#[derive(Debug)]
pub struct Haproxy {
    _process: Process,
    folder: TempDir,
    pub address: SocketAddr,
}

impl Haproxy {
    /// In front of instances that stay where they are. It asks each whether it is ready, and tries another where one refuses.
    pub async fn before(instances: &[SocketAddr]) -> anyhow::Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port().await?));
        Self::start(address, &configuration(address, instances)?).await
    }

    /// With a configuration that listens on that address.
    pub async fn start(address: SocketAddr, configuration: &str) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("haproxy.cfg");
        let control = folder.path().join(CONTROL);
        let global = format!("global\n  maxconn 4000\n  stats socket {} level admin\n", control.display());
        std::fs::write(&file, global + configuration)?;
        let mut command = Command::new("haproxy");
        command.arg("-db").arg("-f").arg(&file).stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = Process::start("haproxy", &mut command)?;
        let deadline = Instant::now() + START;
        while TcpStream::connect(address).await.is_err() {
            if Instant::now() > deadline || process.child().try_wait()?.is_some() {
                bail!("haproxy does not get ready on {address}");
            }
            sleep(Duration::from_millis(10)).await;
        }
        Ok(Self { _process: process, folder, address })
    }

    /// What it answers to a command, or to several between semicolons.
    pub async fn ask(&self, command: &str) -> anyhow::Result<String> {
        let asking = async {
            let mut control = UnixStream::connect(self.folder.path().join(CONTROL)).await?;
            control.write_all(format!("{command}\n").as_bytes()).await?;
            let mut answer = String::new();
            control.read_to_string(&mut answer).await?;
            anyhow::Ok(answer)
        };
        timeout(TIMEOUT, asking)
            .await
            .context("haproxy does not answer")?
            .with_context(|| format!("haproxy: {command}"))
    }
}

fn configuration(address: SocketAddr, instances: &[SocketAddr]) -> anyhow::Result<String> {
    let mut text = format!(
        "defaults\n  mode http\n  timeout connect 1s\n  timeout client 1h\n  timeout server 1h\n  timeout tunnel 1h\n  \
         retries 3\n  option redispatch 1\n\
         listen sala\n  bind {address}\n  balance roundrobin\n  \
         option httpchk GET /health/ready\n  default-server check inter 300ms fall 1 rise 1\n"
    );
    for (number, instance) in instances.iter().enumerate() {
        writeln!(text, "  server instance{number} {instance}")?;
    }
    Ok(text)
}
