use std::{
    fs, io,
    net::{Ipv4Addr, TcpListener},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use anyhow::{Context, ensure};
use tokio::{
    process::{Child, ChildStderr, ChildStdout, Command},
    time::timeout,
};

/// The unit of CPU times in `/proc/<pid>/stat`: `USER_HZ`, which is 100 wherever Linux runs Rust.
const TICKS_PER_SECOND: u64 = 100;

/// A child process. It is killed when this is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    name: String,
}

impl Process {
    /// Starts a program with an empty standard input. Its output goes where the command says.
    pub fn start(command: &mut Command) -> anyhow::Result<Self> {
        let name = command.as_std().get_program().to_string_lossy().into_owned();
        let child = command.stdin(Stdio::null()).kill_on_drop(true).spawn();
        let child = child.with_context(|| format!("cannot start {name} (script/setup installs what is missing)"))?;
        Ok(Self { child, name })
    }

    /// The process id.
    pub fn id(&self) -> anyhow::Result<u32> {
        self.child.id().with_context(|| format!("{} has ended", self.name))
    }

    /// The standard output, if the command piped it. Can be taken once.
    pub fn take_stdout(&mut self) -> anyhow::Result<ChildStdout> {
        self.child.stdout.take().context("standard output is not piped")
    }

    /// The standard error, if the command piped it. Can be taken once.
    pub fn take_stderr(&mut self) -> anyhow::Result<ChildStderr> {
        self.child.stderr.take().context("standard error is not piped")
    }

    /// Sends a signal, given as an option of `kill`, such as `-STOP`.
    pub fn signal(&self, signal: &str) -> anyhow::Result<()> {
        // The shell's builtin, because not every machine has the program `kill`.
        let kill = format!("kill {signal} {}", self.id()?);
        let status = std::process::Command::new("sh").args(["-c", &kill]).status()?;
        ensure!(status.success(), "kill {signal} failed for {}", self.name);
        Ok(())
    }

    /// Waits until the process ends by itself.
    pub async fn wait(&mut self) -> anyhow::Result<ExitStatus> {
        Ok(self.child.wait().await?)
    }

    /// Asks the process to end (`SIGTERM`). Fails if it does not end in time, or not with success.
    pub async fn terminate(&mut self, limit: Duration) -> anyhow::Result<()> {
        self.signal("-TERM")?;
        let status = timeout(limit, self.child.wait()).await;
        let status = status.with_context(|| format!("{} does not end within {limit:?}", self.name))??;
        ensure!(status.success(), "{} ended with {status}", self.name);
        Ok(())
    }

    /// Kills the process (`SIGKILL`) and returns when it is gone.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }

    /// The CPU time used so far, in user and in kernel mode. Linux only.
    pub fn cpu_time(&self) -> anyhow::Result<Duration> {
        let stat = self.read_proc("stat")?;
        parse_cpu_time(&stat).with_context(|| format!("unexpected /proc/<pid>/stat: {stat}"))
    }

    /// The resident memory, in bytes. Linux only.
    pub fn memory(&self) -> anyhow::Result<u64> {
        parse_memory(&self.read_proc("status")?).context("no VmRSS in /proc/<pid>/status")
    }

    fn read_proc(&self, file: &str) -> anyhow::Result<String> {
        let path = format!("/proc/{}/{file}", self.id()?);
        fs::read_to_string(&path).with_context(|| format!("cannot read {path} (Linux only)"))
    }
}

/// A port that is free now. Another process may take it before it is used.
pub fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

fn parse_cpu_time(stat: &str) -> Option<Duration> {
    // The second field is the program's name in parentheses, which may contain anything. `utime` is the 14th field,
    // `stime` the 15th.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    Some(Duration::from_millis((ticks()? + ticks()?) * 1_000 / TICKS_PER_SECOND))
}

fn parse_memory(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_follows_any_program_name() {
        let stat = "42 (a) b (c)) S 1 42 42 0 -1 4194560 1 2 3 4 150 25 7 8 20 0 4 0 100 1 1";
        assert_eq!(parse_cpu_time(stat), Some(Duration::from_millis(1_750)));
        assert_eq!(parse_cpu_time("42 (a) S 1"), None);
    }

    #[test]
    fn memory_is_in_bytes() {
        assert_eq!(parse_memory("Name:\tserver\nVmRSS:\t    5120 kB\nThreads:\t1\n"), Some(5_242_880));
        assert_eq!(parse_memory("Name:\tserver\n"), None);
    }

    #[tokio::test]
    #[cfg(target_os = "linux")]
    async fn a_process_is_measured_until_it_is_terminated() {
        let mut process = Process::start(Command::new("sleep").arg("60")).unwrap();
        assert!(process.memory().is_ok());
        assert!(process.cpu_time().is_ok());
        let error = process.terminate(Duration::from_secs(10)).await.unwrap_err().to_string();
        assert!(error.starts_with("sleep ended with signal: 15"), "{error}");
        assert!(process.id().is_err());
    }
}
