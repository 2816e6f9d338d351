//! Shows that the suite can fail: runs scenarios against servers that lack the defence which the scenario is about, and
//! expects the failure for that reason.

use std::fmt;

use anyhow::{Context, bail};
use futures_util::future::join_all;
use testkit::markdown_table;
use tokio::time::timeout;

use crate::{
    report::ScenarioReport,
    run_config::RunConfig,
    scenario::{SCENARIOS, Scenario},
    suite::SCENARIO_TIMEOUT,
};

/// A defence that is disabled, and the failure that must follow.
#[derive(Debug)]
struct Proof {
    scenario: &'static str,
    /// The defence, by the server's name for it.
    disabled_defence: &'static str,
    description: &'static str,
    /// A part of the expected message. Not that something took too long: that can happen on any slow machine.
    expected_failure: &'static str,
}

const PROOFS: &[Proof] = &[
    proof("pubsub-kill", "silence", "heads are compared periodically", "the screen ends with"),
    proof(
        "redis-failover",
        "chain",
        "events are identified by uid and prev, not by seq alone",
        "were not told that messages were lost",
    ),
    proof("bad-pubsub", "silence", "heads are compared periodically", "the screen ends with"),
    proof("lost-reply", "ids", "a repeated id gets the first answer", "are the same message"),
    proof("request-cap", "rotation", "clients are asked to change sockets in time", "interruptions with rotation"),
    proof("cloud-run", "rotation", "clients are asked to change sockets in time", "requests closed at the timeout"),
];

const fn proof(
    scenario: &'static str,
    disabled_defence: &'static str,
    description: &'static str,
    expected_failure: &'static str,
) -> Proof {
    Proof { scenario, disabled_defence, description, expected_failure }
}

/// For each proof the expected failure, or why it was not seen. Displayed as Markdown.
#[derive(Debug)]
pub struct ProofOutcomes(Vec<(&'static Proof, Result<String, String>)>);

/// Runs the proofs of the included scenarios concurrently: they measure nothing.
pub async fn prove(config: RunConfig, includes: impl Fn(&str) -> bool) -> ProofOutcomes {
    let running = PROOFS
        .iter()
        .filter(|proof| includes(proof.scenario))
        .map(|proof| async move { (proof, proof.run(config).await.map_err(|error| format!("{error:#}"))) });
    ProofOutcomes(join_all(running).await)
}

impl Proof {
    async fn run(&self, config: RunConfig) -> anyhow::Result<String> {
        let Scenario { run, .. } =
            SCENARIOS.iter().find(|scenario| scenario.name == self.scenario).context("no such scenario")?;
        let config = RunConfig { disabled_defence: Some(self.disabled_defence), ..config };
        let report = timeout(SCENARIO_TIMEOUT, run(config)).await.context("it hangs")??;
        self.find_expected_failure(&report)
    }

    fn find_expected_failure(&self, report: &ScenarioReport) -> anyhow::Result<String> {
        let violations = report.violations.iter().map(ToString::to_string);
        let failures: Vec<String> = report.failed_expectations.iter().cloned().chain(violations).collect();
        if failures.is_empty() {
            bail!("the suite notices nothing");
        }
        // Scenarios say this if their fault did not happen.
        if let Some(untested) = failures.iter().find(|failure| failure.contains("so nothing was")) {
            bail!("{untested}");
        }
        let expected = failures.into_iter().find(|failure| failure.contains(self.expected_failure));
        expected.with_context(|| format!("no failure says '{}'", self.expected_failure))
    }
}

impl ProofOutcomes {
    pub fn are_good(&self) -> bool {
        self.0.iter().all(|(_, result)| result.is_ok())
    }
}

impl fmt::Display for ProofOutcomes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.0.iter().map(|(proof, result)| {
            let result = result.as_ref().unwrap_or_else(|reason| reason);
            [proof.scenario, proof.description, result].map(str::to_owned)
        });
        f.write_str(&markdown_table("Scenario | Without this defence | The suite says", 3, rows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_proof_names_a_scenario() {
        for proof in PROOFS {
            assert!(SCENARIOS.iter().any(|scenario| scenario.name == proof.scenario), "{}", proof.scenario);
        }
    }

    #[test]
    fn only_the_expected_failure_counts() {
        let proof = &PROOFS[0];
        for (failures, is_proved) in [
            (vec![], false),
            (vec!["another"], false),
            (vec!["another", "the screen ends with 3"], true),
            (vec!["the screen ends with 3", "no client was interrupted, so nothing was tested"], false),
        ] {
            let failed_expectations = failures.into_iter().map(str::to_owned).collect();
            let report = ScenarioReport { failed_expectations, ..ScenarioReport::default() };
            assert_eq!(proof.find_expected_failure(&report).is_ok(), is_proved, "{report:?}");
        }
    }
}
