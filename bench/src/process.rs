//! What the kernel says about another process, from `/proc`.

use std::{fs, time::Duration};

use anyhow::Context;

/// The unit of times in `/proc/<pid>/stat`: `USER_HZ`, which is 100 wherever Linux runs Rust.
const TICKS_PER_SECOND: u64 = 100;

/// A running process.
#[derive(Clone, Copy, Debug)]
pub struct Process(pub u32);

impl Process {
    /// The CPU time that it has used, in its own code and in the kernel.
    pub fn cpu(self) -> anyhow::Result<Duration> {
        let stat = self.read("stat")?;
        cpu_of(&stat).with_context(|| format!("not a line of /proc/<pid>/stat: {stat}"))
    }

    /// Its resident memory, in bytes.
    pub fn memory(self) -> anyhow::Result<u64> {
        let status = self.read("status")?;
        memory_of(&status).context("no VmRSS in /proc/<pid>/status")
    }

    fn read(self, file: &str) -> anyhow::Result<String> {
        let path = format!("/proc/{}/{file}", self.0);
        fs::read_to_string(&path).with_context(|| format!("cannot read {path}: has the process ended? (Linux only)"))
    }
}

fn cpu_of(stat: &str) -> Option<Duration> {
    // The second field is the program's name in parentheses, which may hold anything; `utime` is the 14th, `stime` the 15th.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    Some(Duration::from_millis((ticks()? + ticks()?) * 1_000 / TICKS_PER_SECOND))
}

fn memory_of(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_found_behind_any_name() {
        let stat = "42 (a) b (c)) S 1 42 42 0 -1 4194560 1 2 3 4 150 25 7 8 20 0 4 0 100 1 1";
        assert_eq!(cpu_of(stat), Some(Duration::from_millis(1_750)));
        assert_eq!(cpu_of("42 (a) S 1"), None);
    }

    #[test]
    fn memory_is_in_bytes() {
        assert_eq!(memory_of("Name:\tserver\nVmRSS:\t    5120 kB\nThreads:\t1\n"), Some(5_242_880));
        assert_eq!(memory_of("Name:\tserver\n"), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_has_used_memory() {
        assert!(Process(std::process::id()).memory().unwrap() > 100_000);
    }
}
