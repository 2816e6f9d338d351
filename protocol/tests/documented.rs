//! Compares `docs/protocol.md` with the code: every example is a frame, every frame and code has an example, and
//! decoding and encoding an example neither loses nor adds anything.
#![expect(clippy::unwrap_used, reason = "a broken example must fail the test")]

use std::{collections::BTreeSet, fs, path::Path};

use protocol::{ClientFrame, RefusalCode, ServerFrame, limits};
use serde_json::Value;

fn page() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/protocol.md")).unwrap()
}

fn examples(side: &str) -> Vec<String> {
    let page = page();
    let block = page.split(&format!("```json {side}\n")).nth(1).unwrap().split("```").next().unwrap();
    block.lines().map(str::to_owned).collect()
}

fn check(examples: &[String], through: impl Fn(&str) -> String, types: &[&str]) {
    let mut seen = BTreeSet::new();
    for example in examples {
        let (before, after): (Value, Value) =
            (serde_json::from_str(example).unwrap(), serde_json::from_str(&through(example)).unwrap());
        // An event is a frame, and other frames contain events with the same fields. Only in a frame of its own is its
        // `type` decoded.
        assert_eq!(without_inner_types(before.clone()), without_inner_types(after), "{example}");
        seen.insert(before["type"].as_str().unwrap().to_owned());
    }
    assert_eq!(seen, types.iter().map(ToString::to_string).collect());
}

fn without_inner_types(mut frame: Value) -> Value {
    for event in frame["events"].as_array_mut().into_iter().flatten() {
        event.as_object_mut().unwrap().remove("type");
    }
    frame
}

#[test]
fn every_frame_of_a_client_is_documented() {
    let types = ["join", "leave", "send", "edit", "delete", "react", "history", "typing", "read", "ping"];
    check(&examples("client"), |example| ClientFrame::decode(example).unwrap().encode(), &types);
}

#[test]
fn every_frame_of_a_server_is_documented() {
    let types = [
        "welcome", "joined", "event", "sent", "refused", "reset", "history", "people", "typing", "read", "rotate",
        "retry", "tick", "pong",
    ];
    check(&examples("server"), |example| ServerFrame::decode(example).unwrap().encode(), &types);
}

#[test]
fn every_kind_of_event_is_documented() {
    let examples = examples("server");
    let kinds: BTreeSet<String> = examples
        .iter()
        .filter_map(|example| match ServerFrame::decode(example).unwrap() {
            ServerFrame::Event(event) => Some(serde_json::to_value(event.kind).unwrap()["kind"].to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(kinds, [r#""delete""#, r#""edit""#, r#""message""#, r#""reaction""#].map(str::to_owned).into());
}

#[test]
fn every_refusal_is_documented() {
    let page = page();
    let section = page.split("### Refusals").nth(1).unwrap().split("## Close codes").next().unwrap();
    let codes: Vec<_> = section
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .filter(|code| *code != "code")
        .collect();
    assert_eq!(codes.len(), 10);
    for code in codes {
        assert_ne!(code, "unknown");
        assert_eq!(RefusalCode::named(code).as_str(), code);
    }
}

#[test]
fn documented_limits_match_the_code() {
    // Without the line breaks, so that the page can be wrapped anywhere.
    let page = page().split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        format!("A room name is 1–{} characters", limits::ROOM_NAME),
        format!("1–{} of the same", limits::USER_NAME),
        format!("1–{}", with_comma(limits::TEXT)),
        format!("{} bytes at most", with_comma(limits::FRAME)),
        format!("`limit` is {} if it is left out, {} at most", limits::PAGE, limits::HISTORY_PAGE),
        format!("until it has {} messages, with {} events", limits::PAGE, limits::LATEST_PAGE),
        format!("one emoji of {} bytes at most", limits::EMOJI),
        format!("in {} characters at most", limits::QUOTE),
        format!("lists {} people at most", limits::PEOPLE),
    ] {
        assert!(page.contains(&words), "{words}");
    }
}

fn with_comma(number: usize) -> String {
    format!("{},{:03}", number / 1_000, number % 1_000)
}
