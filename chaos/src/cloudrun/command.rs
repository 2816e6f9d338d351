use anyhow::{Context, bail};

use crate::world::Order;

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
pub enum Command {
    Order(Order),
    Status,
    Help,
    Quit,
}

impl Command {
    /// Nothing, where nothing was typed.
    pub fn parse(line: &str) -> anyhow::Result<Option<Self>> {
        let words: Vec<&str> = line.split_whitespace().collect();
        Ok(Some(match words[..] {
            [] => return Ok(None),
            ["status"] => Self::Status,
            ["deploy"] => Self::Order(Order::Deploy),
            ["kill", number] => Self::Order(Order::Kill(whole(number)?)),
            ["scale", range] => Self::Order(match range.split_once("..") {
                Some((min, max)) => Order::Scale { min: whole(min)?, max: Some(whole(max)?) },
                None => Order::Scale { min: whole(range)?, max: None },
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
            (" status ", Some(Command::Status)),
            ("kill 3", Some(Command::Order(Order::Kill(3)))),
            ("scale 2", Some(Command::Order(Order::Scale { min: 2, max: None }))),
            ("scale 0..4", Some(Command::Order(Order::Scale { min: 0, max: Some(4) }))),
            ("deploy", Some(Command::Order(Order::Deploy))),
            ("quit", Some(Command::Quit)),
        ] {
            assert_eq!(Command::parse(line).unwrap(), command, "{line}");
        }
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for line in ["tea", "kill", "kill x", "scale ..", "scale 1..x", "deploy now"] {
            let message = Command::parse(line).unwrap_err().to_string();
            assert!(message.contains("try help"), "{message}");
        }
    }
}
