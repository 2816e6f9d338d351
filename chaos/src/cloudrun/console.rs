use clap::Parser;

/// A command that is typed while the local Cloud Run runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Parser)]
#[command(multicall = true, disable_help_flag = true)]
pub enum ConsoleCommand {
    /// Lists revisions with their traffic, and instances with their requests (a socket is one)
    Status,
    /// Rolls out a new revision: 10 %, then 50 %, then all of the traffic
    Deploy,
    /// Kills an instance, as a machine failure would
    Kill {
        #[arg(value_name = "N")]
        number: usize,
    },
    /// Keeps N instances at least; with N..M also M at most
    Scale {
        #[arg(value_name = "N[..M]", value_parser = parse_range)]
        range: (usize, Option<usize>),
    },
    /// Ends everything
    #[command(alias = "exit")]
    Quit,
}

impl ConsoleCommand {
    /// Returns `None` for an empty line.
    pub fn parse_line(line: &str) -> Result<Option<Self>, clap::Error> {
        let words: Vec<&str> = line.split_whitespace().collect();
        if words.is_empty() { Ok(None) } else { Self::try_parse_from(words).map(Some) }
    }
}

fn parse_range(text: &str) -> Result<(usize, Option<usize>), std::num::ParseIntError> {
    match text.split_once("..") {
        Some((min, max)) => Ok((min.parse()?, Some(max.parse()?))),
        None => Ok((text.parse()?, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_parsed() {
        for (line, command) in [
            ("  ", None),
            (" status ", Some(ConsoleCommand::Status)),
            ("deploy", Some(ConsoleCommand::Deploy)),
            ("kill 3", Some(ConsoleCommand::Kill { number: 3 })),
            ("scale 2", Some(ConsoleCommand::Scale { range: (2, None) })),
            ("scale 0..4", Some(ConsoleCommand::Scale { range: (0, Some(4)) })),
            ("exit", Some(ConsoleCommand::Quit)),
        ] {
            assert_eq!(ConsoleCommand::parse_line(line).unwrap(), command, "{line}");
        }
        for line in ["tea", "kill", "kill x", "scale ..", "scale 1..x", "deploy now"] {
            assert!(ConsoleCommand::parse_line(line).is_err(), "{line}");
        }
    }

    #[test]
    fn help_lists_the_commands() {
        let help = ConsoleCommand::parse_line("help").unwrap_err().to_string();
        assert!(help.contains("scale") && help.contains("quit"), "{help}");
    }
}
