use protocol::{Event, ServerFrame, limits};

use super::{answer, delete, describe, edit, react};
use crate::tests::harness::{ClientHarness, LOBBY, ana, event, events, head_of, message, replaced, rui};
use crate::{Input, TimelineItem};
use protocol::Reason::New;

fn frame(event: Event) -> ServerFrame {
    ServerFrame::Event(event)
}

/// Checks an item after a page and the events that follow it, received one by one and in a page.
fn check(page: Vec<Event>, heard: &[Event], seq: u64, shown: &str) {
    let mut harness = ClientHarness::in_lobby(page.clone());
    for event in heard {
        harness.receive(&frame(event.clone()));
    }
    assert_eq!(harness.shows(seq), shown, "received one by one: {heard:?}");
    let all: Vec<Event> = page.into_iter().chain(heard.iter().cloned()).collect();
    assert_eq!(ClientHarness::in_lobby(all).shows(seq), shown, "in a page: {heard:?}");
}

#[test]
fn changes_are_applied_in_order() {
    let page = || vec![message(1, "a", &ana(), "x"), event(2)];
    for (heard, seq, shown) in [
        (vec![edit(3, &ana(), 1)], 1, "edit 3, edited"),
        (vec![edit(3, &ana(), 1), edit(4, &ana(), 1)], 1, "edit 4, edited"),
        (vec![react(3, &rui(), 1, "👍", true), react(4, &ana(), 1, "👍", true)], 1, "text of x, 👍 Rui+Ana"),
        (vec![react(3, &rui(), 1, "👍", true), react(4, &rui(), 1, "🎉", true)], 1, "text of x, 👍 Rui, 🎉 Rui"),
        (vec![react(3, &rui(), 1, "👍", true), react(4, &rui(), 1, "👍", false)], 1, "text of x"),
        (vec![edit(3, &ana(), 1), react(4, &rui(), 1, "👍", true), delete(5, &ana(), 1)], 1, "deleted"),
    ] {
        check(page(), &heard, seq, shown);
    }
}

#[test]
fn changes_without_effect_leave_the_items_unchanged() {
    let page = || {
        vec![
            message(1, "a", &ana(), "x"),
            react(2, &rui(), 1, "👍", true),
            message(3, "a", &ana(), "y"),
            delete(4, &ana(), 3),
        ]
    };
    let (like, gone) = ("text of x, 👍 Rui", "deleted");
    for (what, event, seq, shown) in [
        ("the same reaction again", react(5, &rui(), 1, "👍", true), 1, like),
        ("taking off what was not put there", react(5, &ana(), 1, "👍", false), 1, like),
        ("taking off what nobody put there", react(5, &ana(), 1, "🎉", false), 1, like),
        ("an edit by another", edit(5, &rui(), 1), 1, like),
        ("a deletion by another", delete(5, &rui(), 1), 1, like),
        ("an edit after the deletion", edit(5, &ana(), 3), 3, gone),
        ("a reaction after the deletion", react(5, &rui(), 3, "👍", true), 3, gone),
        ("a second deletion", delete(5, &ana(), 3), 3, gone),
        ("a change to what is no message", edit(5, &rui(), 2), 1, like),
        ("a change to itself", edit(5, &ana(), 5), 1, like),
        ("a change to what comes later", react(5, &ana(), 6, "👍", true), 1, like),
        ("a change to what never was", delete(5, &ana(), u64::MAX), 1, like),
    ] {
        let mut harness = ClientHarness::in_lobby(page());
        assert_eq!(harness.receive(&frame(event.clone())), "", "{what}");
        assert_eq!(harness.shows(seq), shown, "{what}");
        check(page(), &[event], seq, shown);
    }
}

#[test]
fn deleted_message_keeps_no_content() {
    let page = vec![event(1), answer(2, &ana(), (1, &rui()), "text"), edit(3, &ana(), 2), delete(4, &ana(), 2)];
    let harness = ClientHarness::in_lobby(page);
    let TimelineItem { text, reply, edited, reactions, deleted, .. } = harness.item(2);
    assert_eq!((text.as_str(), reply, edited, reactions.len(), *deleted), ("", &None, &None, 0, true));
}

#[test]
fn changes_are_applied_to_messages_that_are_loaded_later() {
    let history: Vec<Event> = vec![
        message(1, "a", &ana(), "x"),
        message(2, "a", &ana(), "y"),
        react(3, &rui(), 1, "👍", true),
        edit(4, &ana(), 2),
        react(5, &rui(), 1, "🎉", true),
        react(6, &ana(), 1, "👍", true),
        delete(7, &ana(), 2),
        event(8),
        react(9, &rui(), 1, "👍", false),
    ];
    for from in 2..=8 {
        let (older, page) = history.split_at(from - 1);
        let mut harness = ClientHarness::in_lobby(page.to_vec());
        for (before, events) in
            [(from as u64, &older[older.len() / 2..]), (older.len() as u64 / 2 + 1, &older[..older.len() / 2])]
        {
            harness.handle(Input::LoadOlder { room: LOBBY });
            let (before, start) = (Some(before), events.first().is_none_or(|first| first.seq == 1));
            harness.receive(&ServerFrame::History {
                room: LOBBY.into(),
                before,
                events: events.to_vec(),
                start,
                trimmed: false,
            });
        }
        assert_eq!(
            (harness.shows(1), harness.shows(2)),
            ("text of x, 👍 Ana, 🎉 Rui".into(), "deleted".into()),
            "from {from}"
        );
        assert!(!harness.history().has_older);
    }
}

#[test]
fn page_without_messages_is_followed_by_the_next() {
    let mut harness = ClientHarness::in_lobby(vec![event(9)]);
    harness.handle(Input::LoadOlder { room: LOBBY });
    let older = |before: u64, events: Vec<Event>, start| ServerFrame::History {
        room: LOBBY.into(),
        before: Some(before),
        events,
        start,
        trimmed: false,
    };
    let changes = (5..=8).map(|seq| react(seq, &rui(), 1, "👍", seq % 2 == 0)).collect();
    assert_eq!(harness.receive(&older(9, changes, false)), "history before 5");
    assert!(harness.history().is_loading_older);
    assert_eq!(harness.receive(&older(5, events(1..=4), true)), "*timeline");
    assert_eq!(harness.shows(1), "text of m1, 👍 Rui");
}

#[test]
fn quote_follows_the_quoted_message() {
    let quote = |rest: &[Event]| {
        let page = vec![message(1, "a", &ana(), "x"), answer(2, &rui(), (1, &ana()), "as the server knew it")];
        let mut harness = ClientHarness::in_lobby(page);
        rest.iter().for_each(|event| _ = harness.receive(&frame(event.clone())));
        harness.item(2).reply.clone().unwrap().text
    };
    assert_eq!(quote(&[]), "as the server knew it");
    assert_eq!(quote(&[edit(3, &ana(), 1)]), "edit 3");
    assert_eq!(quote(&[edit(3, &rui(), 1)]), "as the server knew it");
    assert_eq!(quote(&[edit(3, &ana(), 1), delete(4, &ana(), 1)]), "");
}

#[test]
fn quote_of_a_message_that_is_loaded_later_is_updated() {
    let history = [
        message(1, "a", &ana(), "x"),
        edit(2, &ana(), 1),
        event(3),
        answer(4, &rui(), (1, &ana()), "old"),
        edit(5, &ana(), 1),
    ];
    for from in [2, 3, 4] {
        let mut harness = ClientHarness::in_lobby(history[from..].to_vec());
        harness.handle(Input::LoadOlder { room: LOBBY });
        let before = Some(from as u64 + 1);
        harness.receive(&ServerFrame::History {
            room: LOBBY.into(),
            before,
            events: history[..from].to_vec(),
            start: true,
            trimmed: false,
        });
        assert_eq!(
            (harness.shows(4), harness.shows(1)),
            ("text of m4, to 1 \"edit 5\"".into(), "edit 5, edited".into()),
            "{from}"
        );
    }
}

#[test]
fn changes_are_applied_again_to_messages_that_are_loaded_again() {
    let mut harness = ClientHarness::in_lobby(vec![message(1, "a", &ana(), "x"), message(2, "a", &ana(), "y")]);
    let last = 12_001;
    for seq in 3..=last {
        harness.receive(&frame(match seq {
            3 => react(3, &rui(), 2, "👍", true),
            11_000 => edit(11_000, &ana(), 1),
            11_001 => react(11_001, &rui(), 2, "👍", false),
            seq => event(seq),
        }));
    }
    assert!(harness.history().has_older);
    let mut before = last - 10_000 + 1;
    while before > 1 {
        harness.handle(Input::LoadOlder { room: LOBBY });
        let from = before.saturating_sub(limits::HISTORY_PAGE as u64).max(1);
        let page = (from..before).map(|seq| match seq {
            1 => message(1, "a", &ana(), "x"),
            2 => message(2, "a", &ana(), "y"),
            3 => react(3, &rui(), 2, "👍", true),
            seq => event(seq),
        });
        let (events, start) = (page.collect(), from == 1);
        harness.receive(&ServerFrame::History {
            room: LOBBY.into(),
            before: Some(before),
            events,
            start,
            trimmed: false,
        });
        before = from;
    }
    assert_eq!((harness.shows(1), harness.shows(2)), ("edit 11000, edited".into(), "text of y".into()));
}

#[test]
fn five_hundred_people_react_to_one_message() {
    let mut harness = ClientHarness::in_lobby(events(1..=1));
    for n in 2..=501 {
        let person = protocol::User { id: format!("u_{n}"), name: format!("P{n}") };
        harness.receive(&frame(react(n, &person, 1, if n % 2 == 0 { "👍" } else { "🎉" }, true)));
    }
    let counts: Vec<_> =
        harness.item(1).reactions.iter().map(|reaction| (reaction.emoji.as_str(), reaction.people.len())).collect();
    assert_eq!(counts, [("👍", 250), ("🎉", 250)]);
    assert_eq!(harness.room().unread(), 0);
}

#[test]
fn changes_are_not_unread_and_do_not_end_typing() {
    let mut harness = ClientHarness::in_lobby(events(1..=1));
    harness.receive(&ServerFrame::Typing { room: LOBBY.into(), user: rui() });
    assert_eq!(harness.receive(&frame(react(2, &rui(), 1, "👍", true))), "*timeline");
    assert_eq!(harness.receive(&frame(edit(3, &rui(), 1))), "*timeline");
    assert_eq!((harness.room().unread(), harness.room().typing(harness.now).len()), (0, 1));
    harness.reconnect();
    harness.receive(&replaced(New, vec![event(4), react(5, &rui(), 4, "👍", true)]));
    assert_eq!(harness.room().unread(), 1);
}

#[test]
fn unread_mentions_are_counted() {
    let mut harness = ClientHarness::in_lobby(events(1..=1));
    assert_eq!(harness.room().mentions_unread(), 0);
    harness.receive(&frame(event(2)));
    let mention = Event {
        kind: protocol::Kind::Message { id: "m3".into(), text: "well, @ana?".into(), reply: None },
        ..event(3)
    };
    harness.receive(&frame(mention));
    assert_eq!((harness.room().unread(), harness.room().mentions_unread()), (2, 1));
    harness.receive(&frame(delete(4, &rui(), 3)));
    assert_eq!((harness.room().unread(), harness.room().mentions_unread()), (2, 0), "the deletion removed the mention");
    harness.handle(Input::Read { room: LOBBY });
    assert_eq!(harness.room().mentions_unread(), 0);
}

#[test]
fn replaced_view_drops_earlier_changes() {
    let mut harness = ClientHarness::in_lobby(vec![message(1, "a", &ana(), "x"), edit(2, &ana(), 1)]);
    harness.reconnect();
    let page = vec![message(1, "b", &ana(), "x"), message(2, "b", &ana(), "y")];
    harness.receive(&crate::tests::harness::joined(
        false,
        Some(protocol::Reason::Epoch),
        "e2",
        page.clone(),
        head_of(&page),
    ));
    assert_eq!(harness.room().timeline().iter().map(describe).collect::<Vec<_>>(), ["text of x", "text of y"]);
}
