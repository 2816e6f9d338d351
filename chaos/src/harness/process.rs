use std::{
    net::Ipv4Addr,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use anyhow::{Context, ensure};
use tokio::{
    net::TcpListener,
    process::{Child, Command},
    time::timeout,
};

/// A process of ours. It is killed with the value.
#[derive(Debug)]
pub struct Process {
    child: Child,
    name: &'static str,
}

impl Process {
    /// Starts a program. Nothing is read by it, and what it prints goes where the command says.
    pub fn start(name: &'static str, command: &mut Command) -> anyhow::Result<Self> {
        let child = command.stdin(Stdio::null()).kill_on_drop(true).spawn();
        let child = child.with_context(|| format!("cannot start {name} (script/setup installs what is missing)"))?;
        Ok(Self { child, name })
    }

    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    pub fn id(&self) -> anyhow::Result<u32> {
        self.child.id().with_context(|| format!("{} has ended", self.name))
    }

    /// Sends this very process a signal, such as `-STOP`.
    pub async fn signal(&self, signal: &str) -> anyhow::Result<()> {
        let id = self.id()?.to_string();
        // Of the shell, since the program of that name is not on every machine.
        let status = Command::new("sh").args(["-c", &format!("kill {signal} {id}")]).status().await?;
        ensure!(status.success(), "kill {signal} did not reach {}", self.name);
        Ok(())
    }

    /// Waits for its end.
    pub async fn ended(&mut self, max_wait: Duration) -> anyhow::Result<ExitStatus> {
        let ended = timeout(max_wait, self.child.wait()).await;
        Ok(ended.with_context(|| format!("{} does not end within {max_wait:?}", self.name))??)
    }

    /// Kills it, as a machine that fails would, and returns when it is gone.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }
}

/// A port that nobody uses now. Somebody may take it before it is used; then a start fails, and says so.
pub async fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?.local_addr()?.port())
}
