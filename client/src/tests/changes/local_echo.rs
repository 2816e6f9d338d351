use protocol::{Command, MessageRef, RefusalCode, ServerFrame};

use super::{answer, delete, edit, react, sent};
use crate::tests::harness::{
    ClientHarness, LOBBY, ana, event, events, head_of, message, recovered, refused, replaced, rui, snapshot,
};
use crate::{DeliveryStatus, FailureReason, Input, PendingCommand};
use protocol::Reason::{New, Trimmed};

fn own_edit(seq: u64, id: &str) -> ServerFrame {
    let kind = protocol::Kind::Edit { id: id.into(), target: 1, text: format!("text of {id}") };
    ServerFrame::Event(protocol::Event { kind, ..message(seq, "a", &ana(), "") })
}

fn own_edit_input<'a>(target: u64, key: &'a str, text: &str) -> Input<'a> {
    let command = Command::Edit { target: target.into(), text: text.into() };
    Input::Command { room: LOBBY, id: "e".into(), command, key: Some(key) }
}

fn harness() -> ClientHarness {
    ClientHarness::in_lobby(vec![message(1, "a", &ana(), "x"), event(2)])
}

#[test]
fn change_is_shown_at_once_and_confirmed_by_event_or_ack() {
    let mut harness = harness();
    assert_eq!(harness.edit("e", 1), "store e, edit 1 by e, *timeline");
    assert_eq!(harness.shows(1), "text of e, edited, e?");

    let mut event_first = ClientHarness { client: harness.client.clone(), ..harness };
    assert_eq!(event_first.receive(&own_edit(3, "e")), "remove e, *timeline");
    assert_eq!(event_first.shows(1), "text of e, edited");
    assert_eq!(event_first.receive(&sent("e", 3)), "");

    assert_eq!(harness.receive(&sent("e", 3)), "remove e");
    assert_eq!(harness.shows(1), "text of e, edited, e?", "the event has not arrived");
    assert_eq!(harness.receive(&own_edit(3, "e")), "*timeline");
    assert_eq!(harness.shows(1), "text of e, edited");
}

#[test]
fn each_kind_of_change_is_shown_at_once() {
    let mut harness = harness();
    harness.react("r", 2, "👍", true);
    assert_eq!(harness.shows(2), "text of m2, 👍 Ana, r?");
    harness.react("o", 2, "👍", false);
    assert_eq!(harness.shows(2), "text of m2, r?, o?");
    harness.delete("d", 1);
    assert_eq!(harness.shows(1), "deleted, d?");
    assert_eq!((harness.item(1).text.as_str(), harness.items().as_str()), ("", "1 2"));
}

#[test]
fn only_one_command_is_in_flight() {
    let mut harness = harness();
    assert_eq!(harness.send("m"), "store m, send m, *timeline");
    assert_eq!(harness.react("r", 2, "👍", true), "store r, *timeline");
    assert_eq!(harness.delete("d", 1), "store d, *timeline");
    assert_eq!(harness.receive(&sent("m", 3)), "remove m, add 👍 2 by r");
    assert_eq!(harness.receive(&sent("r", 4)), "remove r, delete 1 by d");
}

#[test]
fn refused_change_is_undone_and_keeps_the_reason() {
    for (re, id) in [("edit", "e"), ("delete", "d"), ("react", "r")] {
        let mut harness = harness();
        match re {
            "edit" => harness.edit(id, 1),
            "delete" => harness.delete(id, 1),
            _ => harness.react(id, 1, "👍", true),
        };
        assert_eq!(harness.receive(&refused(re, Some(id), "forbidden", None)), format!("store {id}, *timeline"));
        assert_eq!(harness.shows(1), format!("text of x, {id}!"));
        assert_eq!(harness.item(1).changes[0].failed, Some(FailureReason::Refused(RefusalCode::Forbidden)));
        let again = harness.handle(Input::Retry { room: LOBBY, id });
        assert!(
            again.starts_with(&format!("store {id}, ")) && again.ends_with(&format!("by {id}, *timeline")),
            "{again}"
        );
        assert_ne!(harness.shows(1), format!("text of x, {id}!"), "the change is applied again");
        harness.receive(&refused(re, Some(id), "forbidden", None));
        assert_eq!(harness.handle(Input::Discard { room: LOBBY, id }), format!("remove {id}, *timeline"));
        assert_eq!(harness.shows(1), "text of x");
    }
}

#[test]
fn temporarily_refused_change_stays_pending() {
    for (code, answer) in [("rate_limited", ""), ("unavailable", ""), ("not_joined", "join lobby after e1a2")] {
        let mut harness = harness();
        harness.react("r", 2, "👍", true);
        assert_eq!(harness.receive(&refused("react", Some("r"), code, Some(500))), answer, "{code}");
        assert_eq!(harness.shows(2), "text of m2, 👍 Ana, r?", "{code}");
        let again = if answer.is_empty() {
            harness.time_out()
        } else {
            harness.receive(&recovered(vec![], head_of(&events(2..=2))))
        };
        assert_eq!(again, "add 👍 2 by r", "{code}");
    }
}

#[test]
fn changes_of_others_stay_when_own_change_is_undone() {
    let mut harness = harness();
    harness.edit("e", 1);
    assert_eq!(harness.receive(&ServerFrame::Event(react(3, &rui(), 1, "👍", true))), "*timeline");
    assert_eq!(harness.shows(1), "text of e, edited, 👍 Rui, e?");
    harness.receive(&ServerFrame::Event(edit(4, &ana(), 1)));
    assert_eq!(harness.shows(1), "text of e, edited, 👍 Rui, e?", "the pending edit follows the one from another tab");
    harness.receive(&refused("edit", Some("e"), "forbidden", None));
    assert_eq!(harness.shows(1), "edit 4, edited, 👍 Rui, e!");
    harness.receive(&ServerFrame::Event(delete(5, &ana(), 1)));
    assert_eq!(harness.shows(1), "deleted, e!");
}

#[test]
fn changes_survive_a_reload_and_are_applied_once() {
    let target = MessageRef { seq: 1, uid: Some("a1".into()) };
    let command = Command::Edit { target, text: "text of e".into() };
    let kept = PendingCommand { room: LOBBY.into(), id: "e".into(), command, at: 1, failed: None };
    let page = vec![message(1, "a", &ana(), "x")];
    let mut harness = ClientHarness::new(vec![kept.clone()]);
    harness.open(Some(snapshot(page.clone())));
    assert_eq!(harness.shows(1), "text of e, edited, e?");
    harness.connect();
    assert_eq!(harness.receive(&recovered(vec![], head_of(&page))), "edit 1 by e");
    assert_eq!(harness.receive(&sent("e", 2)), "remove e");

    let ServerFrame::Event(done) = own_edit(2, "e") else { panic!("an event") };
    let mut harness = ClientHarness::new(vec![kept]);
    let opened = harness.open(Some(snapshot([page, vec![done]].concat())));
    assert!(opened.starts_with("remove e, "), "{opened}");
    assert_eq!(harness.shows(1), "text of e, edited");
    assert_eq!(harness.edit("e", 1), "", "the same id means the same change");
}

#[test]
fn changes_are_sent_again_after_every_join() {
    for reason in [New, Trimmed] {
        let mut harness = harness();
        harness.react("r", 2, "👍", true);
        harness.reconnect();
        let page = vec![message(1, "a", &ana(), "x"), event(2), event(3)];
        assert_eq!(harness.receive(&replaced(reason, page)), "add 👍 2 by r, *rooms, *timeline", "{reason:?}");
        assert_eq!(harness.shows(2), "text of m2, 👍 Ana, r?");
    }
}

#[test]
fn change_is_shown_once_its_message_is_loaded() {
    let mut harness = harness();
    harness.react("r", 2, "👍", true);
    harness.reconnect();
    harness.receive(&replaced(Trimmed, events(8..=9)));
    assert_eq!(harness.items(), "8 9");
    harness.handle(Input::LoadOlder { room: LOBBY });
    let page = vec![message(1, "a", &ana(), "x"), event(2), event(3), event(4), event(5), event(6), event(7)];
    harness.receive(&ServerFrame::History {
        room: LOBBY.into(),
        before: Some(8),
        events: page,
        start: true,
        trimmed: false,
    });
    assert_eq!(harness.shows(2), "text of m2, 👍 Ana, r?");
}

#[test]
fn failed_edit_without_its_message_keeps_its_text() {
    for (re, id, answer, items) in [
        ("edit", "e", "store e, *timeline", "8 9 e!"),
        ("delete", "d", "remove d", "8 9"),
        ("react", "r", "remove r", "8 9"),
    ] {
        let mut harness = harness();
        match re {
            "edit" => harness.edit(id, 1),
            "delete" => harness.delete(id, 1),
            _ => harness.react(id, 1, "👍", true),
        };
        harness.reconnect();
        harness.receive(&replaced(Trimmed, events(8..=9)));
        assert_eq!(harness.receive(&refused(re, Some(id), "forbidden", None)), answer, "{re}");
        assert_eq!(harness.items(), items, "{re}");
    }
}

#[test]
fn message_that_is_not_loaded_cannot_be_changed() {
    let mut harness = harness();
    for target in [0, 3, u64::MAX] {
        assert_eq!(harness.delete("d", target), "");
        assert_eq!(harness.react("r", target, "👍", true), "");
    }
    harness.handle(Input::Leave { room: LOBBY });
    assert_eq!(harness.delete("d", 1), "");
}

/// The message may have been removed from the timeline, or its `seq` may belong to another message since the history
/// was replaced.
#[test]
fn edit_of_a_message_that_is_not_shown_keeps_its_text() {
    for (target, key) in [(3, "u_ana/x"), (1, "u_ana/y"), (2, "u_ana/x")] {
        let mut harness = harness();
        let input = own_edit_input(target, key, "written");
        assert_eq!(harness.handle(input), "store e, *timeline");
        let item = harness.room().timeline().last().unwrap();
        assert_eq!((item.text.as_str(), &item.state), ("written", &DeliveryStatus::Failed(FailureReason::TargetGone)));
        assert_eq!(harness.handle(Input::Retry { room: LOBBY, id: "e" }), "store e, send e, *timeline");
    }
}

#[test]
fn edit_without_text_is_not_sent() {
    let mut harness = harness();
    let input = own_edit_input(1, "u_ana/x", " ");
    assert_eq!(harness.handle(input), "store e, *timeline");
    assert_eq!(harness.shows(1), "text of x, e!");
}

#[test]
fn pending_reply_has_a_quote() {
    let mut harness = harness();
    let command = Command::Send { text: "yes".into(), reply_to: Some(2.into()) };
    assert_eq!(harness.command("m", command), "store m, send m, *timeline");
    let item = harness.room().timeline().last().unwrap();
    assert_eq!(
        (item.state.clone(), super::describe(item)),
        (DeliveryStatus::Pending, "yes, to 2 \"text of m2\"".into())
    );
    harness.receive(&ServerFrame::Event(edit(3, &rui(), 2)));
    let quote = |harness: &ClientHarness| harness.room().timeline().last().unwrap().reply.clone().unwrap().text;
    assert_eq!(quote(&harness), "edit 3");
    let own = answer(4, &ana(), (2, &rui()), "edit 3");
    let kind = match own.kind.clone() {
        protocol::Kind::Message { reply, .. } => protocol::Kind::Message { id: "m".into(), text: "yes".into(), reply },
        other => other,
    };
    assert_eq!(harness.receive(&ServerFrame::Event(protocol::Event { kind, ..own })), "remove m, *timeline");
    assert_eq!((quote(&harness), harness.items()), ("edit 3".into(), "1 2 4".into()));
}

#[test]
fn changes_can_be_refused_on_the_previous_socket() {
    let mut harness = harness();
    harness.edit("e", 1);
    harness.receive(&ServerFrame::Rotate { within_ms: 60_000 });
    harness.time_out();
    harness.receive(&crate::tests::harness::welcome(ana()));
    let answer = harness.receive_on_previous(&refused("edit", Some("e"), "forbidden", None));
    assert_eq!(answer, "store e, *timeline");
}
