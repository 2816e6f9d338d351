//! A checker that has never caught anything proves nothing. So some scenarios are also played against servers that lack the
//! very defence which the scenario is about, and must then fail, and for that reason.

use std::fmt;

use anyhow::{Context, bail};
use futures_util::future::join_all;
use tokio::time::timeout;

use crate::{
    report::ScenarioReport,
    run::RunConfig,
    scenario::{SCENARIOS, Scenario},
    suite::DEADLINE,
};

/// One defence that is taken out.
#[derive(Debug)]
pub struct Proof {
    scenario: &'static str,
    /// As the server calls it, and for people.
    without: &'static str,
    defence: &'static str,
    /// What the suite must then complain of.
    complaint: &'static str,
}

/// All of them.
pub const PROOFS: &[Proof] = &[
    Proof {
        scenario: "pubsub-kill",
        without: "silence",
        defence: "heads are compared where nothing is heard",
        // Not that it took too long, which a slow machine can do, too.
        complaint: "the screen ends with",
    },
    Proof {
        scenario: "redis-failover",
        without: "chain",
        defence: "events are known by name, not by number alone",
        complaint: "were not told that messages were lost",
    },
    Proof {
        scenario: "bad-pubsub",
        without: "silence",
        defence: "heads are compared where nothing is heard",
        complaint: "the screen ends with",
    },
    Proof {
        scenario: "lost-reply",
        without: "ids",
        defence: "the same id again gets the first answer",
        complaint: "are the same message",
    },
    Proof {
        scenario: "request-cap",
        without: "rotation",
        defence: "clients are asked to change sockets in time",
        complaint: "interruptions",
    },
    Proof {
        scenario: "cloud-run",
        without: "rotation",
        defence: "clients are asked to change sockets in time",
        complaint: "requests that were cut because their time was up",
    },
];

/// What the suite said without a defence.
#[derive(Debug)]
pub struct ProofOutcome {
    proof: &'static Proof,
    /// The complaint, or why there is none.
    seen: Result<String, String>,
}

/// Plays those proofs whose scenario is wanted, all at once: nothing in them is measured.
pub async fn prove(config: RunConfig, wanted: impl Fn(&str) -> bool) -> ProofOutcomes {
    let proofs = PROOFS.iter().filter(|proof| wanted(proof.scenario));
    let running = proofs.map(|proof| async move {
        let seen = proof.run(config).await.map_err(|error| format!("{error:#}"));
        ProofOutcome { proof, seen }
    });
    ProofOutcomes(join_all(running).await)
}

impl Proof {
    /// The complaint that must come.
    async fn run(&self, config: RunConfig) -> anyhow::Result<String> {
        let Scenario { run, .. } =
            SCENARIOS.iter().find(|scenario| scenario.name == self.scenario).context("no such scenario")?;
        let report =
            timeout(DEADLINE, run(RunConfig { without: Some(self.without), ..config })).await.context("it hangs")??;
        self.complaint_of(&report)
    }

    fn complaint_of(&self, report: &ScenarioReport) -> anyhow::Result<String> {
        let violations = report.violations.iter().map(ToString::to_string);
        let complaints: Vec<String> = report.failed_expectations.iter().cloned().chain(violations).collect();
        if complaints.is_empty() {
            bail!("the suite notices nothing");
        }
        // As scenarios say it where their fault did not happen.
        if let Some(vain) = complaints.iter().find(|complaint| complaint.contains("so nothing was")) {
            bail!("{vain}");
        }
        let fitting = complaints.into_iter().find(|complaint| complaint.contains(self.complaint));
        fitting
            .with_context(|| format!("nothing of what the suite complains of says that something {}", self.complaint))
    }
}

/// Of all proofs.
#[derive(Debug)]
pub struct ProofOutcomes(Vec<ProofOutcome>);

impl ProofOutcomes {
    pub fn are_good(&self) -> bool {
        self.0.iter().all(|outcome| outcome.seen.is_ok())
    }
}

impl fmt::Display for ProofOutcomes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| Scenario | Without this defence | The suite says |")?;
        writeln!(f, "|---|---|---|")?;
        for ProofOutcome { proof: Proof { scenario, defence, .. }, seen } in &self.0 {
            let seen = seen.as_ref().unwrap_or_else(|failure| failure);
            writeln!(f, "| {scenario} | {defence} | {seen} |")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_proof_is_of_a_scenario() {
        for proof in PROOFS {
            assert!(SCENARIOS.iter().any(|scenario| scenario.name == proof.scenario), "{}", proof.scenario);
        }
    }

    #[test]
    fn only_the_complaint_that_is_meant_counts() {
        let proof = &PROOFS[0];
        for (complaints, noticed) in [
            (vec![], false),
            (vec!["else"], false),
            (vec!["else", "the screen ends with 3"], true),
            (vec!["the screen ends with 3", "nobody noticed, so nothing was tried"], false),
        ] {
            let failed_expectations = complaints.into_iter().map(str::to_owned).collect();
            let report = ScenarioReport { failed_expectations, ..ScenarioReport::default() };
            assert_eq!(proof.complaint_of(&report).is_ok(), noticed, "{report:?}");
        }
    }
}
