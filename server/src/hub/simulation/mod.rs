//! Runs the hub on a simulated backend that drops, duplicates and delays publications, fails reads, and loses the end
//! of its history or all of it. Each socket must receive one sequence of events without gaps or duplicates, and after
//! the faults end every client must have the history's head as its cursor.
//!
//! Time is paused and there is no network, so a case takes milliseconds; proptest shrinks failing cases.
//! `PROPTEST_CASES=100000 cargo test -p server --release simulation` runs more cases.

pub(super) mod backend;
pub(super) mod client;
pub(super) mod harness;

use proptest::prelude::*;

use harness::{Fault, HubHarness, SimulationStep};

/// How many clients there are.
const CLIENTS: usize = 4;

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        6 => Just(Fault::None),
        2 => Just(Fault::Dropped),
        1 => Just(Fault::Duplicated),
        1 => Just(Fault::Delayed),
        1 => Just(Fault::ResponseLost),
    ]
}

fn step() -> impl Strategy<Value = SimulationStep> {
    prop_oneof![
        10 => (0..CLIENTS, fault()).prop_map(|(who, fault)| SimulationStep::Send(who, fault)),
        1 => (1..400_usize).prop_map(SimulationStep::Burst),
        4 => (0..CLIENTS).prop_map(SimulationStep::Join),
        2 => (0..CLIENTS).prop_map(SimulationStep::Disconnect),
        1 => (1..6_usize).prop_map(SimulationStep::LoseTail),
        1 => Just(SimulationStep::ResetHistory),
        1 => Just(SimulationStep::PossibleGap),
        1 => (1..4_u32).prop_map(SimulationStep::FailReads),
        1 => (1..40_u64).prop_map(SimulationStep::SlowReads),
        6 => (0..3_000_u64).prop_map(SimulationStep::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, max_shrink_iters: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn every_socket_receives_one_sequence_and_ends_at_the_head(steps in prop::collection::vec(step(), 1..80)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut harness = HubHarness::new(CLIENTS);
            for step in &steps {
                harness.run(step).await;
            }
            harness.settle().await;
        });
    }
}
