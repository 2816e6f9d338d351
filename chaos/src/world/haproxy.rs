use std::{
    fmt::Write,
    net::{Ipv4Addr, SocketAddr},
    process::Stdio,
    time::Duration,
};

use anyhow::bail;
use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    process::Command,
    time::{Instant, sleep},
};

use super::process::{Process, free_port};

const START: Duration = Duration::from_secs(10);

/// A real load balancer in front of the instances. It asks each whether it is ready, and tries another where one refuses.
#[derive(Debug)]
pub struct Haproxy {
    _process: Process,
    _folder: TempDir,
    pub address: SocketAddr,
}

impl Haproxy {
    pub async fn start(instances: &[SocketAddr]) -> anyhow::Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port().await?));
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("haproxy.cfg");
        std::fs::write(&file, configuration(address, instances)?)?;
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
        Ok(Self { _process: process, _folder: folder, address })
    }
}

fn configuration(address: SocketAddr, instances: &[SocketAddr]) -> anyhow::Result<String> {
    let mut text = format!(
        "global\n  maxconn 4000\n\
         defaults\n  mode http\n  timeout connect 1s\n  timeout client 1h\n  timeout server 1h\n  timeout tunnel 1h\n  \
         retries 3\n  option redispatch 1\n\
         listen sala\n  bind {address}\n  balance roundrobin\n  \
         option httpchk GET /health/ready\n  default-server check inter 300ms fall 1 rise 1\n"
    );
    for (number, instance) in instances.iter().enumerate() {
        writeln!(text, "  server instance{number} {instance}")?;
    }
    Ok(text)
}
