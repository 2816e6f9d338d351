use anyhow::{Context, bail};

use crate::harness::PlatformCommand;

pub const HELP: &str = "   \
   status          revisions with their traffic, and instances with their requests (a socket is one)
   deploy          roll out a new revision: 10 %, then 50 %, then all of the traffic
   kill N          let instance N die, as a machine that fails would
   scale N         keep N instances at least, with or without requests
   scale N..M      the same, and M at most: what is more is asked to end
   quit            end everything
";

/// What somebody typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsoleCommand {
    Platform(PlatformCommand),
    ServiceStatus,
    Help,
    Quit,
}

impl ConsoleCommand {
    /// Nothing, where nothing was typed.
    pub fn parse(line: &str) -> anyhow::Result<Option<Self>> {
        let words: Vec<&str> = line.split_whitespace().collect();
        Ok(Some(match words[..] {
            [] => return Ok(None),
            ["status"] => Self::ServiceStatus,
            ["deploy"] => Self::Platform(PlatformCommand::Deploy),
            ["kill", number] => Self::Platform(PlatformCommand::Kill(whole(number)?)),
            ["scale", range] => Self::Platform(match range.split_once("..") {
                Some((min, max)) => PlatformCommand::Scale { min: whole(min)?, max: Some(whole(max)?) },
                None => PlatformCommand::Scale { min: whole(range)?, max: None },
            }),
            ["help"] => Self::Help,
            ["quit" | "exit"] => Self::Quit,
            _ => bail!("'{}' is not understood; try help", line.trim()),
        }))
    }
}

fn whole(text: &str) -> anyhow::Result<usize> {
    text.parse().ok().with_context(|| format!("'{text}' is no whole number; try help"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_understood() {
        for (line, command) in [
            ("  ", None),
            (" status ", Some(ConsoleCommand::ServiceStatus)),
            ("kill 3", Some(ConsoleCommand::Platform(PlatformCommand::Kill(3)))),
            ("scale 2", Some(ConsoleCommand::Platform(PlatformCommand::Scale { min: 2, max: None }))),
            ("scale 0..4", Some(ConsoleCommand::Platform(PlatformCommand::Scale { min: 0, max: Some(4) }))),
            ("deploy", Some(ConsoleCommand::Platform(PlatformCommand::Deploy))),
            ("quit", Some(ConsoleCommand::Quit)),
        ] {
            assert_eq!(ConsoleCommand::parse(line).unwrap(), command, "{line}");
        }
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for line in ["tea", "kill", "kill x", "scale ..", "scale 1..x", "deploy now"] {
            let message = ConsoleCommand::parse(line).unwrap_err().to_string();
            assert!(message.contains("try help"), "{message}");
        }
    }
}
