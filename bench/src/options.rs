//! What the command line asks for.

use std::time::Duration;

use anyhow::{Context, bail};

use crate::measure::SCENARIOS;

pub const HELP: &str = "\
script/bench [--quick] [--only NAME]...

Starts the release server by itself, embedded and with Redis, and measures it: the server on one core, the load
generator on the other. Prints Markdown; fails where a member missed a message or got one twice. Takes three minutes.

  --quick       shorter and fewer intervals: a look, not a measurement
  --only NAME   one of page, idle, paced, room, rooms; may be given several times
";

/// What to measure, and how thoroughly.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Options {
    quick: bool,
    only: Vec<String>,
}

/// How long to measure.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Load that is not counted yet.
    pub warm_up: Duration,
    /// How many times; the median counts.
    pub intervals: usize,
    /// One interval where the load is small, so that the CPU time, which the kernel gives in steps of 10 ms, is told well.
    pub paced: Duration,
    /// One interval under full load.
    pub saturated: Duration,
}

impl Options {
    /// Reads the arguments; `None` asks for [`HELP`].
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> anyhow::Result<Option<Self>> {
        let mut options = Self::default();
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--quick" => options.quick = true,
                "--only" => {
                    options.only.push(arguments.next().context("--only wants a NAME; see script/bench --help")?)
                }
                "-h" | "--help" => return Ok(None),
                other => bail!("script/bench does not know '{other}'; see script/bench --help"),
            }
        }
        if let Some(unknown) = options.only.iter().find(|name| !SCENARIOS.contains(&name.as_str())) {
            bail!("'{unknown}' is none of {}", SCENARIOS.join(", "));
        }
        Ok(Some(options))
    }

    pub fn includes(&self, scenario: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == scenario)
    }

    pub fn effort(&self) -> Effort {
        let (intervals, paced, saturated) = if self.quick { (3, 1_000, 500) } else { (5, 4_000, 2_000) };
        Effort {
            warm_up: Duration::from_secs(1),
            intervals,
            paced: Duration::from_millis(paced),
            saturated: Duration::from_millis(saturated),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> anyhow::Result<Option<Options>> {
        Options::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn everything_is_measured_unless_told_otherwise() {
        let all = parse("").unwrap().unwrap();
        assert!(SCENARIOS.iter().all(|scenario| all.includes(scenario)));
        let some = parse("--quick --only idle --only page").unwrap().unwrap();
        let included: Vec<_> = SCENARIOS.iter().filter(|scenario| some.includes(scenario)).collect();
        assert_eq!(included, [&"page", &"idle"]);
        assert!(some.effort().paced < all.effort().paced);
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for (line, part) in [("--only", "NAME"), ("--only tea", "'tea'"), ("--fast", "'--fast'")] {
            let message = parse(line).unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        }
        assert_eq!(parse("--help").unwrap(), None);
    }
}
