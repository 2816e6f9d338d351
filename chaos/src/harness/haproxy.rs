use std::{
    fmt::Write,
    net::{Ipv4Addr, SocketAddr},
    process::Stdio,
    time::Duration,
};

use anyhow::bail;
use testkit::{Process, free_port};
use tokio::{net::TcpStream, process::Command, time::sleep};

const START_TIMEOUT: Duration = Duration::from_secs(10);

/// A running HAProxy.
#[derive(Debug)]
pub struct Haproxy {
    _process: Process,
    pub address: SocketAddr,
}

impl Haproxy {
    /// Starts HAProxy in front of a fixed set of instances. It checks their readiness and retries on another instance.
    pub async fn in_front_of(instances: &[SocketAddr]) -> anyhow::Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("haproxy.cfg");
        std::fs::write(&file, configuration(address, instances)?)?;
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
        Ok(Self { _process: process, address })
    }
}

fn configuration(address: SocketAddr, instances: &[SocketAddr]) -> anyhow::Result<String> {
    let mut text = format!(
        "global\n  maxconn 4000\ndefaults\n  mode http\n  timeout connect 1s\n  timeout client 1h\n  timeout server 1h\n  timeout tunnel 1h\n  \
         retries 3\n  option redispatch 1\n\
         listen sala\n  bind {address}\n  balance roundrobin\n  \
         option httpchk GET /health/ready\n  default-server check inter 300ms fall 1 rise 1\n"
    );
    for (index, instance) in instances.iter().enumerate() {
        writeln!(text, "  server instance{index} {instance}")?;
    }
    Ok(text)
}
