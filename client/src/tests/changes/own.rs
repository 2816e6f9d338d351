use protocol::{Command, MessageRef, RefusalCode, ServerFrame};

use super::{answer, delete, edit, react, sent};
use crate::tests::desk::{Desk, LOBBY, ana, event, events, head_of, recovered, refused, replaced, rui, said, snapshot};
use crate::{DeliveryStatus, FailureReason, Input, PendingCommand};
use protocol::Reason::{New, Trimmed};

fn own_edit(seq: u64, id: &str) -> ServerFrame {
    let kind = protocol::Kind::Edit { id: id.into(), target: 1, text: format!("text of {id}") };
    ServerFrame::Event(protocol::Event { kind, ..said(seq, "a", &ana(), "") })
}

fn own_edit_input<'a>(target: u64, key: &'a str, text: &str) -> Input<'a> {
    let command = Command::Edit { target: target.into(), text: text.into() };
    Input::Command { room: LOBBY, id: "e".into(), command, key: Some(key) }
}

fn desk() -> Desk {
    Desk::in_lobby(vec![said(1, "a", &ana(), "x"), event(2)])
}

#[test]
fn a_change_shows_at_once_and_is_settled_by_whichever_comes_first() {
    let mut desk = desk();
    assert_eq!(desk.edit("e", 1), "keep e, edit 1 by e, *timeline");
    assert_eq!(desk.shows(1), "text of e, edited, e?");

    let mut event_first = Desk { client: desk.client.clone(), ..desk };
    assert_eq!(event_first.hear(&own_edit(3, "e")), "forget e, *timeline");
    assert_eq!(event_first.shows(1), "text of e, edited");
    assert_eq!(event_first.hear(&sent("e", 3)), "");

    assert_eq!(desk.hear(&sent("e", 3)), "forget e");
    assert_eq!(desk.shows(1), "text of e, edited, e?", "it has no place yet");
    assert_eq!(desk.hear(&own_edit(3, "e")), "*timeline");
    assert_eq!(desk.shows(1), "text of e, edited");
}

#[test]
fn each_kind_of_change_shows_at_once() {
    let mut desk = desk();
    desk.react("r", 2, "👍", true);
    assert_eq!(desk.shows(2), "text of m2, 👍 Ana, r?");
    desk.react("o", 2, "👍", false);
    assert_eq!(desk.shows(2), "text of m2, r?, o?");
    desk.delete("d", 1);
    assert_eq!(desk.shows(1), "deleted, d?");
    assert_eq!((desk.line(1).text.as_str(), desk.lines().as_str()), ("", "1 2"));
}

#[test]
fn one_thing_at_a_time_is_on_its_way_messages_and_changes_alike() {
    let mut desk = desk();
    assert_eq!(desk.send("m"), "keep m, say m, *timeline");
    assert_eq!(desk.react("r", 2, "👍", true), "keep r, *timeline");
    assert_eq!(desk.delete("d", 1), "keep d, *timeline");
    assert_eq!(desk.hear(&sent("m", 3)), "forget m, put 👍 2 by r");
    assert_eq!(desk.hear(&sent("r", 4)), "forget r, delete 1 by d");
}

#[test]
fn a_change_that_is_refused_for_good_goes_back_and_says_why() {
    for (re, id) in [("edit", "e"), ("delete", "d"), ("react", "r")] {
        let mut desk = desk();
        match re {
            "edit" => desk.edit(id, 1),
            "delete" => desk.delete(id, 1),
            _ => desk.react(id, 1, "👍", true),
        };
        assert_eq!(desk.hear(&refused(re, Some(id), "forbidden", None)), format!("keep {id}, *timeline"));
        assert_eq!(desk.shows(1), format!("text of x, {id}!"));
        assert_eq!(desk.line(1).changes[0].failed, Some(FailureReason::Refused(RefusalCode::Forbidden)));
        let again = desk.tell(Input::Retry { room: LOBBY, id });
        assert!(
            again.starts_with(&format!("keep {id}, ")) && again.ends_with(&format!("by {id}, *timeline")),
            "{again}"
        );
        assert_ne!(desk.shows(1), format!("text of x, {id}!"), "it shows as done once more");
        desk.hear(&refused(re, Some(id), "forbidden", None));
        assert_eq!(desk.tell(Input::Discard { room: LOBBY, id }), format!("forget {id}, *timeline"));
        assert_eq!(desk.shows(1), "text of x");
    }
}

#[test]
fn a_change_that_is_refused_for_now_stays() {
    for (code, answer) in [("rate_limited", ""), ("unavailable", ""), ("not_joined", "join lobby after e1a2")] {
        let mut desk = desk();
        desk.react("r", 2, "👍", true);
        assert_eq!(desk.hear(&refused("react", Some("r"), code, Some(500))), answer, "{code}");
        assert_eq!(desk.shows(2), "text of m2, 👍 Ana, r?", "{code}");
        let again = if answer.is_empty() { desk.due() } else { desk.hear(&recovered(vec![], head_of(&events(2..=2)))) };
        assert_eq!(again, "put 👍 2 by r", "{code}");
    }
}

#[test]
fn what_others_do_meanwhile_stands_when_ones_own_goes_back() {
    let mut desk = desk();
    desk.edit("e", 1);
    assert_eq!(desk.hear(&ServerFrame::Event(react(3, &rui(), 1, "👍", true))), "*timeline");
    assert_eq!(desk.shows(1), "text of e, edited, 👍 Rui, e?");
    desk.hear(&ServerFrame::Event(edit(4, &ana(), 1)));
    assert_eq!(desk.shows(1), "text of e, edited, 👍 Rui, e?", "an edit in another tab comes before this one");
    desk.hear(&refused("edit", Some("e"), "forbidden", None));
    assert_eq!(desk.shows(1), "edit 4, edited, 👍 Rui, e!");
    desk.hear(&ServerFrame::Event(delete(5, &ana(), 1)));
    assert_eq!(desk.shows(1), "deleted, e!");
}

#[test]
fn changes_survive_a_reload_and_are_made_once() {
    let target = MessageRef { seq: 1, uid: Some("a1".into()) };
    let command = Command::Edit { target, text: "text of e".into() };
    let kept = PendingCommand { room: LOBBY.into(), id: "e".into(), command, at: 1, failed: None };
    let page = vec![said(1, "a", &ana(), "x")];
    let mut desk = Desk::new(vec![kept.clone()]);
    desk.open(Some(snapshot(page.clone())));
    assert_eq!(desk.shows(1), "text of e, edited, e?");
    desk.go_live();
    assert_eq!(desk.hear(&recovered(vec![], head_of(&page))), "edit 1 by e");
    assert_eq!(desk.hear(&sent("e", 2)), "forget e");

    let ServerFrame::Event(done) = own_edit(2, "e") else { panic!("an event") };
    let mut desk = Desk::new(vec![kept]);
    let opened = desk.open(Some(snapshot([page, vec![done]].concat())));
    assert!(opened.starts_with("forget e, "), "{opened}");
    assert_eq!(desk.shows(1), "text of e, edited");
    assert_eq!(desk.edit("e", 1), "", "the same id means the same change");
}

#[test]
fn changes_are_made_again_after_every_join() {
    for reason in [New, Trimmed] {
        let mut desk = desk();
        desk.react("r", 2, "👍", true);
        desk.come_back();
        let page = vec![said(1, "a", &ana(), "x"), event(2), event(3)];
        assert_eq!(desk.hear(&replaced(reason, page)), "put 👍 2 by r, *rooms, *timeline", "{reason:?}");
        assert_eq!(desk.shows(2), "text of m2, 👍 Ana, r?");
    }
}

#[test]
fn a_change_waits_for_its_message_to_be_loaded() {
    let mut desk = desk();
    desk.react("r", 2, "👍", true);
    desk.come_back();
    desk.hear(&replaced(Trimmed, events(8..=9)));
    assert_eq!(desk.lines(), "8 9");
    desk.tell(Input::Older { room: LOBBY });
    let page = vec![said(1, "a", &ana(), "x"), event(2), event(3), event(4), event(5), event(6), event(7)];
    desk.hear(&ServerFrame::History { room: LOBBY.into(), before: Some(8), events: page, start: true, trimmed: false });
    assert_eq!(desk.shows(2), "text of m2, 👍 Ana, r?");
}

#[test]
fn of_a_change_whose_message_is_not_here_only_what_was_written_is_kept() {
    for (re, id, answer, lines) in [
        ("edit", "e", "keep e, *timeline", "8 9 e!"),
        ("delete", "d", "forget d", "8 9"),
        ("react", "r", "forget r", "8 9"),
    ] {
        let mut desk = desk();
        match re {
            "edit" => desk.edit(id, 1),
            "delete" => desk.delete(id, 1),
            _ => desk.react(id, 1, "👍", true),
        };
        desk.come_back();
        desk.hear(&replaced(Trimmed, events(8..=9)));
        assert_eq!(desk.hear(&refused(re, Some(id), "forbidden", None)), answer, "{re}");
        assert_eq!(desk.lines(), lines, "{re}");
    }
}

#[test]
fn what_is_not_shown_is_not_changed() {
    let mut desk = desk();
    for target in [0, 3, u64::MAX] {
        assert_eq!(desk.delete("d", target), "");
        assert_eq!(desk.react("r", target, "👍", true), "");
    }
    desk.tell(Input::Leave { room: LOBBY });
    assert_eq!(desk.delete("d", 1), "");
}

/// It may have been let go of, or its number is another message's since the history was replaced.
#[test]
fn an_edit_of_what_is_not_shown_is_not_lost() {
    for (target, key) in [(3, "u_ana/x"), (1, "u_ana/y"), (2, "u_ana/x")] {
        let mut desk = desk();
        let input = own_edit_input(target, key, "written");
        assert_eq!(desk.tell(input), "keep e, *timeline");
        let line = desk.room().lines().last().unwrap();
        assert_eq!((line.text.as_str(), &line.state), ("written", &DeliveryStatus::Failed(FailureReason::Gone)));
        assert_eq!(desk.tell(Input::Retry { room: LOBBY, id: "e" }), "keep e, say e, *timeline");
    }
}

#[test]
fn a_text_that_is_none_is_not_sent() {
    let mut desk = desk();
    let input = own_edit_input(1, "u_ana/x", " ");
    assert_eq!(desk.tell(input), "keep e, *timeline");
    assert_eq!(desk.shows(1), "text of x, e!");
}

#[test]
fn an_answer_quotes_from_the_start() {
    let mut desk = desk();
    let command = Command::Send { text: "yes".into(), reply_to: Some(2.into()) };
    assert_eq!(desk.command("m", command), "keep m, say m, *timeline");
    let line = desk.room().lines().last().unwrap();
    assert_eq!((line.state.clone(), super::words(line)), (DeliveryStatus::Pending, "yes, to 2 \"text of m2\"".into()));
    desk.hear(&ServerFrame::Event(edit(3, &rui(), 2)));
    let quote = |desk: &Desk| desk.room().lines().last().unwrap().reply.clone().unwrap().text;
    assert_eq!(quote(&desk), "edit 3");
    let own = answer(4, &ana(), (2, &rui()), "edit 3");
    let kind = match own.kind.clone() {
        protocol::Kind::Message { reply, .. } => protocol::Kind::Message { id: "m".into(), text: "yes".into(), reply },
        other => other,
    };
    assert_eq!(desk.hear(&ServerFrame::Event(protocol::Event { kind, ..own })), "forget m, *timeline");
    assert_eq!((quote(&desk), desk.lines()), ("edit 3".into(), "1 2 4".into()));
}

#[test]
fn changes_are_refused_on_the_last_socket_as_well() {
    let mut desk = desk();
    desk.edit("e", 1);
    desk.hear(&ServerFrame::Rotate { within_ms: 60_000 });
    desk.due();
    desk.hear(&crate::tests::desk::welcome(ana()));
    let answer = desk.hear_before(&refused("edit", Some("e"), "forbidden", None));
    assert_eq!(answer, "keep e, *timeline");
}
