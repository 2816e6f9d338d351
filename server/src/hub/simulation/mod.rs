//! Rooms over a broker that loses, repeats and delays what it publishes, fails its readers, and loses the end of its history
//! or all of it. Whatever happens, what one socket hears is one chain without a hole, a repetition or a false start; and
//! when all is calm again every member stands where the history stands.
//!
//! Time is paused and nothing is sent over a network, so a case takes milliseconds; proptest shrinks one that fails.
//! `PROPTEST_CASES=100000 cargo test -p server --release simulation` looks longer.

mod member;
mod model;
mod world;

use proptest::prelude::*;

use world::{Fault, Step, World};

/// How many people there are.
const PEOPLE: usize = 4;

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        6 => Just(Fault::None),
        2 => Just(Fault::Dropped),
        1 => Just(Fault::Twice),
        1 => Just(Fault::Late),
        1 => Just(Fault::AnswerLost),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        10 => (0..PEOPLE, fault()).prop_map(|(who, fault)| Step::Say(who, fault)),
        1 => (1..400_usize).prop_map(Step::Burst),
        4 => (0..PEOPLE).prop_map(Step::Join),
        2 => (0..PEOPLE).prop_map(Step::Cut),
        1 => (1..6_usize).prop_map(Step::LoseTail),
        1 => Just(Step::BeginAnew),
        1 => Just(Step::Doubt),
        1 => (1..4_u32).prop_map(Step::FailReads),
        1 => (1..40_u64).prop_map(Step::SlowReads),
        6 => (0..3_000_u64).prop_map(Step::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, max_shrink_iters: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn every_socket_hears_one_chain_and_ends_where_the_history_is(steps in prop::collection::vec(step(), 1..80)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut world = World::new(PEOPLE);
            for step in &steps {
                world.take(step).await;
            }
            world.calm_down().await;
        });
    }
}
