use std::{fmt, time::Duration};

use anyhow::{Context, bail, ensure};

use crate::harness::ServiceConfig;

pub const HELP: &str = "\
script/cloudrun [--min N] [--max N] [--concurrency N] [--timeout SECONDS] [--idle SECONDS] [--step SECONDS] [--port PORT]

Runs the release as Cloud Run would, on this machine: instances behind HAProxy, with a Redis of their own.
`help` lists what can be typed once it runs. What is as on Cloud Run and what is not: chaos/src/world/cloud_run/mod.rs.

  --min, --max      instances at least and at most: 0 and 5
  --concurrency     requests of one instance at once, a socket is one: 20
  --timeout         how long a request may last: 300 s
  --idle            how long an instance without requests stays: 30 s
  --step            how long each part of a roll-out lasts: 5 s
  --port            where to listen: 8080
";

/// What the command line asks for.
#[derive(Clone, Debug)]
pub struct CloudRunOptions {
    pub port: u16,
    pub service: ServiceConfig,
}

impl CloudRunOptions {
    /// Reads the arguments; `None` asks for [`HELP`].
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> anyhow::Result<Option<Self>> {
        let seconds = Duration::from_secs;
        let (mut port, timeout, idle, step) = (8_080, seconds(300), seconds(30), seconds(5));
        let mut service = ServiceConfig { min: 0, max: 5, concurrency: 20, timeout, idle, step };
        let mut arguments = arguments.into_iter();
        while let Some(name) = arguments.next() {
            if ["-h", "--help"].contains(&name.as_str()) {
                return Ok(None);
            }
            let mut number = || {
                let number = arguments.next().and_then(|value| value.parse::<u16>().ok());
                number.with_context(|| format!("{name} wants a whole number; see script/cloudrun --help"))
            };
            match name.as_str() {
                "--min" => service.min = number()?.into(),
                "--max" => service.max = number()?.into(),
                "--concurrency" => service.concurrency = number()?.into(),
                "--timeout" => service.timeout = seconds(number()?.into()),
                "--idle" => service.idle = seconds(number()?.into()),
                "--step" => service.step = seconds(number()?.into()),
                "--port" => port = number()?,
                other => bail!("script/cloudrun does not know '{other}'; see script/cloudrun --help"),
            }
        }
        ensure!((1..=1_000).contains(&service.concurrency), "--concurrency is 1 to 1000, as on Cloud Run");
        let timeouts = seconds(10)..=seconds(3_600);
        ensure!(
            timeouts.contains(&service.timeout),
            "--timeout is 10 to 3600: clients need a moment, Cloud Run allows an hour"
        );
        Ok(Some(Self { port, service }))
    }
}

/// What a newcomer needs to know.
impl fmt::Display for CloudRunOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { port, service: ServiceConfig { min, max, concurrency, timeout, .. } } = self;
        let timeout = timeout.as_secs();
        writeln!(
            f,
            "Sala is at http://localhost:{port}, on {min} to {max} instances of {concurrency} requests, each of {timeout} s at most.\n"
        )?;
        writeln!(f, "   Open it in two browsers and talk: the first page starts an instance, if there is none.")?;
        writeln!(
            f,
            "   Type `deploy`, and go on talking: a new revision takes over, and nothing happens to the chat."
        )?;
        writeln!(f, "   Type `status`, `scale 3`, `kill 2`, `help` for more; `quit` ends all of it, rooms included.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> anyhow::Result<Option<CloudRunOptions>> {
        CloudRunOptions::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn what_is_left_out_is_as_the_help_says() {
        let CloudRunOptions { port, service } = parse("--min 1 --timeout 60").unwrap().unwrap();
        assert_eq!((port, service.min, service.max, service.concurrency), (8_080, 1, 5, 20));
        assert_eq!((service.timeout.as_secs(), service.idle.as_secs(), service.step.as_secs()), (60, 30, 5));
        assert!(parse("--max 3 --help").unwrap().is_none());
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for (line, part) in [
            ("tea", "'tea'"),
            ("--min", "--min wants"),
            ("--max x", "--max wants"),
            ("--port 70000", "--port wants"),
            ("--concurrency 0", "1 to 1000"),
            ("--timeout 9", "10 to 3600"),
        ] {
            let message = parse(line).unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        }
    }
}
