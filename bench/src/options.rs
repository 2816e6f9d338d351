//! The command line.

use std::{ffi::OsStr, path::PathBuf, str::FromStr, time::Duration};

use clap::{Parser, ValueEnum};

use crate::load::Intervals;

/// Measures release servers under load and prints Markdown. script/bench builds the release and starts this.
#[derive(Debug, Parser)]
#[command(name = "bench")]
pub struct Options {
    /// Shorter and fewer intervals: a look, not a measurement
    #[arg(long)]
    quick: bool,
    /// Measure only this; may be repeated
    #[arg(long, value_name = "NAME")]
    only: Vec<LoadScenario>,
    /// A server to measure; repeat it to compare several in one sitting, one right after the other in each scenario
    #[arg(long = "server", value_name = "[LABEL=]FILE", required = true)]
    pub servers: Vec<ServerProgram>,
}

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LoadScenario {
    /// How soon a room's page arrives
    Page,
    /// Joining, and the memory of idle members
    Idle,
    /// 10,000 deliveries per second in a room of 100
    Paced,
    /// A saturated room of 100
    Room,
    /// 100 saturated rooms of 10
    Rooms,
    /// A room of 10 beside a busy room of 5,000
    Neighbour,
}

/// A server's program, and its name in the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerProgram {
    pub label: String,
    pub file: PathBuf,
}

/// How long to measure. The median of the intervals counts.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    /// For small loads: longer, because the kernel counts CPU time in steps of 10 ms.
    pub paced: Intervals,
    /// For full loads.
    pub saturated: Intervals,
}

impl Options {
    /// The scenarios to measure.
    pub fn scenarios(&self) -> impl Iterator<Item = LoadScenario> {
        LoadScenario::value_variants()
            .iter()
            .copied()
            .filter(|scenario| self.only.is_empty() || self.only.contains(scenario))
    }

    /// How long to measure.
    pub fn schedule(&self) -> Schedule {
        let (count, paced, saturated) = if self.quick { (3, 1_000, 500) } else { (5, 4_000, 2_000) };
        let intervals =
            |length| Intervals { warm_up: Duration::from_secs(1), count, length: Duration::from_millis(length) };
        Schedule { paced: intervals(paced), saturated: intervals(saturated) }
    }
}

impl FromStr for ServerProgram {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (label, file) = text.split_once('=').unwrap_or(("Sala", text));
        let file = PathBuf::from(file);
        if file.file_name().and_then(OsStr::to_str).is_none() || !file.is_file() {
            return Err(format!("{} is not a file", file.display()));
        }
        Ok(Self { label: label.to_owned(), file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, String> {
        let arguments = ["bench", "--server", "before=Cargo.toml"].into_iter().chain(line.split_whitespace());
        Options::try_parse_from(arguments).map_err(|error| error.to_string())
    }

    #[test]
    fn everything_is_measured_unless_selected() {
        let all = parse("").unwrap();
        assert!(all.scenarios().eq(LoadScenario::value_variants().iter().copied()));
        let some = parse("--quick --only idle --only page").unwrap();
        assert!(some.scenarios().eq([LoadScenario::Page, LoadScenario::Idle]));
        assert!(some.schedule().paced.length < all.schedule().paced.length);
    }

    #[test]
    fn several_servers_are_compared_by_label() {
        let servers = parse("--server Cargo.toml").unwrap().servers;
        assert_eq!(servers.iter().map(|server| server.label.as_str()).collect::<Vec<_>>(), ["before", "Sala"]);
        assert!(parse("--server after=no/such/file").unwrap_err().contains("no/such/file is not a file"));
    }

    #[test]
    fn an_unknown_scenario_is_rejected() {
        assert!(parse("--only tea").unwrap_err().contains("'tea'"));
    }
}
