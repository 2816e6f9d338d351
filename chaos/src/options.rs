use anyhow::{Context, bail};

use crate::scenario::SCENARIOS;

pub const HELP: &str = "\
script/chaos [NAME...] [--quick] [--prove] [--seed N] [--write] [--list]

Breaks real processes while people talk, and checks from their journals and from what Redis kept that nothing was lost,
nothing came twice and everybody saw one order. Without a NAME it plays every scenario. Fails if any promise is broken.

  --quick    a short form of each: all of them within seven minutes
  --prove    then also play some of them against servers without a defence, and see that the suite notices
  --seed N   the choices of an earlier run, which printed its seed
  --write    put the tables into docs/guarantees.md
  --list     name the scenarios, and say what each breaks
";

/// What the command line asks for.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ChaosOptions {
    pub quick: bool,
    pub prove: bool,
    pub write: bool,
    pub list: bool,
    pub seed: Option<u64>,
    only: Vec<String>,
}

impl ChaosOptions {
    /// Reads the arguments; `None` asks for [`HELP`].
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> anyhow::Result<Option<Self>> {
        let mut options = Self::default();
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--quick" => options.quick = true,
                "--prove" => options.prove = true,
                "--write" => options.write = true,
                "--list" => options.list = true,
                "--seed" => {
                    let seed = arguments.next().and_then(|seed| seed.parse().ok());
                    options.seed = Some(seed.context("--seed wants a whole number; see script/chaos --help")?);
                }
                "-h" | "--help" => return Ok(None),
                name if SCENARIOS.iter().any(|scenario| scenario.name == name) => options.only.push(name.to_owned()),
                other => bail!("script/chaos does not know '{other}'; see script/chaos --list and --help"),
            }
        }
        if options.write && !options.only.is_empty() {
            bail!("--write wants the table of all scenarios");
        }
        Ok(Some(options))
    }

    /// How many messages must have been acknowledged in the end, for a run to tell something.
    pub fn least_messages(&self) -> usize {
        if self.quick || !self.only.is_empty() { 0 } else { 200_000 }
    }

    pub fn includes(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> anyhow::Result<Option<ChaosOptions>> {
        ChaosOptions::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn everything_is_played_unless_told_otherwise() {
        let all = parse("").unwrap().unwrap();
        assert!(SCENARIOS.iter().all(|scenario| all.includes(scenario.name)));
        let quick = parse("--quick").unwrap().unwrap();
        assert_eq!((all.least_messages(), quick.least_messages()), (200_000, 0));
        let some = parse("lost-reply --quick --seed 7").unwrap().unwrap();
        let included: Vec<_> = SCENARIOS.iter().filter(|scenario| some.includes(scenario.name)).collect();
        assert_eq!((included.len(), included[0].name, some.quick, some.seed), (1, "lost-reply", true, Some(7)));
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for (line, part) in
            [("tea", "'tea'"), ("--seed", "number"), ("--seed x", "number"), ("lost-reply --write", "all")]
        {
            let message = parse(line).unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        }
        assert_eq!(parse("--help").unwrap(), None);
    }
}
