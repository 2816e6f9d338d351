use protocol::{RefusalCode, ServerFrame};

use super::harness::{ClientHarness, LOBBY, ana, refused, welcome};
use crate::{Context, FailureReason, Input};

const OTHERS: [&str; 2] = ["attic", "zoo"];

/// Three open rooms, with a join in flight for each.
fn asked() -> ClientHarness {
    let mut harness = ClientHarness::new(vec![]);
    for room in OTHERS {
        harness.client.open(room, None, Context { now: 0, random: 0.5 });
    }
    harness.open(None);
    assert_eq!(harness.connect(), "join lobby, join attic, join zoo, *connection");
    harness
}

fn too_many(room: &str) -> ServerFrame {
    let ServerFrame::Refused { re, id, code, message, retry_after_ms, .. } =
        refused("join", None, "too_many_rooms", None)
    else {
        unreachable!("it refuses")
    };
    ServerFrame::Refused { re, room: Some(room.into()), id, code, message, retry_after_ms }
}

#[test]
fn active_room_is_joined_first() {
    let mut harness = asked();
    harness.client.open("zoo", None, Context { now: 0, random: 0.5 });
    harness.close(1006);
    harness.time_out();
    assert_eq!(harness.receive(&welcome(ana())), "join zoo, join attic, join lobby, *connection");
}

#[test]
fn room_over_the_limit_is_joined_after_another_is_left() {
    let mut harness = asked();
    for room in ["zoo", LOBBY] {
        harness.receive(&too_many(room));
    }
    assert_eq!(harness.room().refusal(), Some(&FailureReason::Refused(RefusalCode::TooManyRooms)));
    assert_eq!(harness.handle(Input::Leave { room: "attic" }), "leave attic, join lobby, join zoo, *rooms");
    // The answers to the other joins are still in flight.
    assert_eq!(harness.handle(Input::Leave { room: "zoo" }), "leave zoo, *rooms");
    harness.receive(&super::harness::replaced(protocol::Reason::New, vec![]));
    assert_eq!(harness.room().refusal(), None);
}
