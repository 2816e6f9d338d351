//! The wire format, byte for byte: each frame of both sides, with and without its optional fields, and its encoding.
//! Programs outside this repository read and write these texts, so a change here is a change of the protocol.

use protocol::{
    ClientFrame, Command, Cursor, DecodeError, Event, Head, Kind, Limits, MessageRef, Reason, RefusalCode, Reply,
    ServerFrame, User,
};

fn ana() -> User {
    User { id: "u_9f".into(), name: "Ana".into() }
}

fn command(command: Command) -> ClientFrame {
    ClientFrame::Command { room: "lobby".into(), id: "x1".into(), command }
}

fn message_ref(seq: u64, uid: Option<&str>) -> MessageRef {
    MessageRef { seq, uid: uid.map(str::to_owned) }
}

fn send(text: &str, reply_to: Option<u64>, uid: Option<&str>) -> ClientFrame {
    command(Command::Send { text: text.into(), reply_to: reply_to.map(|seq| message_ref(seq, uid)) })
}

fn edit(target: u64, uid: Option<&str>, text: &str) -> ClientFrame {
    command(Command::Edit { target: message_ref(target, uid), text: text.into() })
}

fn delete(target: u64, uid: Option<&str>) -> ClientFrame {
    command(Command::Delete { target: message_ref(target, uid) })
}

fn react(target: u64, uid: Option<&str>, emoji: &str, on: bool) -> ClientFrame {
    command(Command::React { target: message_ref(target, uid), emoji: emoji.into(), on })
}

#[test]
fn client_frames_are_encoded_and_decoded_byte_for_byte() {
    let room = || "lobby".to_owned();
    let cursor = Cursor { epoch: "k3v9".into(), seq: 41, uid: "b7x2".into() };
    for (frame, text) in [
        (ClientFrame::Join { room: room(), after: None }, r#"{"type":"join","room":"lobby"}"#),
        (
            ClientFrame::Join { room: room(), after: Some(cursor) },
            r#"{"type":"join","room":"lobby","after":{"epoch":"k3v9","seq":41,"uid":"b7x2"}}"#,
        ),
        (ClientFrame::Leave { room: room() }, r#"{"type":"leave","room":"lobby"}"#),
        (send("a \"b\"\n", None, None), r#"{"type":"send","room":"lobby","id":"x1","text":"a \"b\"\n"}"#),
        (send("é", Some(42), None), r#"{"type":"send","room":"lobby","id":"x1","text":"é","reply_to":42}"#),
        (
            send("hello", Some(42), Some("c1q8")),
            r#"{"type":"send","room":"lobby","id":"x1","text":"hello","reply_to":42,"uid":"c1q8"}"#,
        ),
        (edit(42, None, "hello"), r#"{"type":"edit","room":"lobby","id":"x1","target":42,"text":"hello"}"#),
        (
            edit(42, Some("c1q8"), "hello"),
            r#"{"type":"edit","room":"lobby","id":"x1","target":42,"uid":"c1q8","text":"hello"}"#,
        ),
        (delete(42, None), r#"{"type":"delete","room":"lobby","id":"x1","target":42}"#),
        (delete(42, Some("c1q8")), r#"{"type":"delete","room":"lobby","id":"x1","target":42,"uid":"c1q8"}"#),
        (
            react(42, None, "👋🏽", true),
            r#"{"type":"react","room":"lobby","id":"x1","target":42,"emoji":"👋🏽","on":true}"#,
        ),
        (
            react(42, Some("c1q8"), "👍", false),
            r#"{"type":"react","room":"lobby","id":"x1","target":42,"uid":"c1q8","emoji":"👍","on":false}"#,
        ),
        (ClientFrame::History { room: room(), before: None, limit: None }, r#"{"type":"history","room":"lobby"}"#),
        (
            ClientFrame::History { room: room(), before: Some(120), limit: None },
            r#"{"type":"history","room":"lobby","before":120}"#,
        ),
        (
            ClientFrame::History { room: room(), before: Some(120), limit: Some(50) },
            r#"{"type":"history","room":"lobby","before":120,"limit":50}"#,
        ),
        (ClientFrame::Typing { room: room() }, r#"{"type":"typing","room":"lobby"}"#),
        (ClientFrame::Read { room: room(), seq: 42, uid: None }, r#"{"type":"read","room":"lobby","seq":42}"#),
        (
            ClientFrame::Read { room: room(), seq: 42, uid: Some("c1q8".into()) },
            r#"{"type":"read","room":"lobby","seq":42,"uid":"c1q8"}"#,
        ),
        (ClientFrame::Ping, r#"{"type":"ping"}"#),
    ] {
        assert_eq!(frame.encode(), text);
        assert_eq!(ClientFrame::decode(text).unwrap(), frame);
    }
}

/// Other programs may write fields in any order, `null` for optional fields, fields of other frames, and unknown
/// fields.
#[test]
fn client_frames_are_decoded_from_any_form_of_json() {
    for (text, frame) in [
        (r#" { "text": "hi", "id": "x1", "room": "lobby", "type": "send" } "#, send("hi", None, None)),
        (r#"{"type":"send","room":"lobby","id":"x1","text":"hi","reply_to":null,"uid":null}"#, send("hi", None, None)),
        (
            r#"{"type":"send","room":"lobby","id":"x1","text":"hi","target":"x","on":7,"mood":[1,{"a":null}]}"#,
            send("hi", None, None),
        ),
        (r#"{"type":"send","room":"lobby","id":"x1","text":"hi","mood":1,"mood":2}"#, send("hi", None, None)),
        (r#"{"on":true,"emoji":"👍","target":7,"id":"x1","room":"lobby","type":"react"}"#, react(7, None, "👍", true)),
        (r#"{"type":"delete","room":"lobby","id":"x1","target":7,"text":7,"uid":null}"#, delete(7, None)),
        (r#"{"type":"edit","room":"lobby","id":"x1","target":7,"text":"hi","reply_to":"x"}"#, edit(7, None, "hi")),
        (r#"{"type":"ping","room":7,"id":[],"after":false}"#, ClientFrame::Ping),
        (r#"{"type":"join","room":"lobby","after":null}"#, ClientFrame::Join { room: "lobby".into(), after: None }),
    ] {
        assert_eq!(ClientFrame::decode(text).unwrap(), frame, "{text}");
    }
}

#[test]
fn errors_of_malformed_client_frames_contain_the_known_fields() {
    let lobby = |re: &str, id: Option<&str>| DecodeError::BadFrame {
        re: re.into(),
        room: Some("lobby".into()),
        id: id.map(str::to_owned),
    };
    for (text, error) in [
        (r#"{"type":"send","room":"lobby","id":"x1"}"#, lobby("send", Some("x1"))),
        (r#"{"type":"send","room":"lobby","id":"x1","text":null}"#, lobby("send", Some("x1"))),
        (r#"{"type":"send","room":"lobby","id":7,"text":"hi"}"#, lobby("send", None)),
        (r#"{"type":"send","room":"lobby","id":"x1","text":"hi","uid":7}"#, lobby("send", Some("x1"))),
        (r#"{"type":"send","room":"lobby","id":"x1","text":"hi","reply_to":1.5}"#, lobby("send", Some("x1"))),
        (r#"{"type":"send","room":"lobby","id":"x1","text":"a","text":"b"}"#, lobby("send", Some("x1"))),
        (r#"{"type":"edit","room":"lobby","id":"x1","target":7}"#, lobby("edit", Some("x1"))),
        (r#"{"type":"edit","room":"lobby","id":"x1","target":7,"uid":7,"text":"hi"}"#, lobby("edit", Some("x1"))),
        (r#"{"type":"delete","room":"lobby","id":"x1"}"#, lobby("delete", Some("x1"))),
        (r#"{"type":"react","room":"lobby","id":"x1","target":7,"emoji":"👍","on":1}"#, lobby("react", Some("x1"))),
        (r#"{"type":"join","room":"lobby","after":{"epoch":"k3v9","seq":1}}"#, lobby("join", None)),
        (r#"{"type":"join","room":"lobby","after":7}"#, lobby("join", None)),
        (r#"{"type":"history","room":"lobby","limit":4294967296}"#, lobby("history", None)),
        (r#"{"type":"dance","room":"lobby","id":"x1"}"#, lobby("dance", Some("x1"))),
        (r#"{"type":"leave"}"#, DecodeError::BadFrame { re: "leave".into(), room: None, id: None }),
        (r#"{"room":"lobby"}"#, DecodeError::NotThisProtocol),
        (r#"{"type":["send"],"room":"lobby"}"#, DecodeError::NotThisProtocol),
        (r#"{"type":"ping"} x"#, DecodeError::NotThisProtocol),
        (r#"{"type":"ping","mood":"\ud800"}"#, DecodeError::NotThisProtocol),
    ] {
        assert_eq!(ClientFrame::decode(text).unwrap_err(), error, "{text}");
    }
}

fn event(kind: Kind) -> Event {
    Event { room: "lobby".into(), seq: 2, uid: "c1q8".into(), prev: "b7x2".into(), at: 5, author: ana(), kind }
}

fn message(reply: Option<Reply>) -> Event {
    event(Kind::Message { id: "x1".into(), text: "hello".into(), reply })
}

const MESSAGE: &str = r#"{"room":"lobby","seq":2,"uid":"c1q8","prev":"b7x2","at":5,"author":{"id":"u_9f","name":"Ana"},"kind":"message","id":"x1","text":"hello"}"#;

#[test]
fn events_are_encoded_and_decoded_byte_for_byte() {
    let start = r#""room":"lobby","seq":2,"uid":"c1q8","prev":"b7x2","at":5,"author":{"id":"u_9f","name":"Ana"}"#;
    let quote = Reply { seq: 1, author: ana(), text: "hi".into() };
    for (event, details) in [
        (message(None), r#""kind":"message","id":"x1","text":"hello""#),
        (
            message(Some(quote)),
            r#""kind":"message","id":"x1","text":"hello","reply":{"seq":1,"author":{"id":"u_9f","name":"Ana"},"text":"hi"}"#,
        ),
        (
            event(Kind::Edit { id: "x1".into(), target: 1, text: "hello".into() }),
            r#""kind":"edit","id":"x1","target":1,"text":"hello""#,
        ),
        (event(Kind::Delete { id: "x1".into(), target: 1 }), r#""kind":"delete","id":"x1","target":1"#),
        (
            event(Kind::Reaction { id: "x1".into(), target: 1, emoji: "👍".into(), on: true }),
            r#""kind":"reaction","id":"x1","target":1,"emoji":"👍","on":true"#,
        ),
        (event(Kind::Unknown), r#""kind":"unknown""#),
    ] {
        let alone = format!("{{{start},{details}}}");
        assert_eq!(serde_json::to_string(&event).unwrap(), alone);
        assert_eq!(serde_json::from_str::<Event>(&alone).unwrap(), event);
        assert_eq!(miniserde::json::from_str::<Event>(&alone).unwrap(), event);
        let frame = format!(r#"{{"type":"event",{start},{details}}}"#);
        assert_eq!(ServerFrame::Event(event.clone()).encode(), frame);
        assert_eq!(ServerFrame::decode(&frame).unwrap(), ServerFrame::Event(event));
    }
}

#[test]
fn server_frames_are_encoded_and_decoded_byte_for_byte() {
    let room = || "lobby".to_owned();
    let epoch = || "k3v9".to_owned();
    let head = || Head { seq: 2, uid: "c1q8".into() };
    let limits = Limits { text: 4_000, frame: 16_384 };
    let joined = |recovered, reason, events, read| ServerFrame::Joined {
        room: room(),
        epoch: epoch(),
        recovered,
        reason,
        events,
        head: head(),
        people: vec![ana()],
        count: 1,
        read,
    };
    let refused = |room, id, retry_after_ms| ServerFrame::Refused {
        re: "send".into(),
        room,
        id,
        code: RefusalCode::RateLimited,
        message: "No.".into(),
        retry_after_ms,
    };
    let people =
        |people| ServerFrame::People { room: room(), joined: vec![ana()], left: vec!["u_1c".into()], count: 7, people };
    let reset = |reason| ServerFrame::Reset { room: room(), reason, epoch: epoch(), events: vec![], head: head() };
    for (frame, text) in [
        (
            ServerFrame::Welcome { user: ana(), heartbeat_ms: 25_000, limits, version: "0.1.0".into() },
            r#"{"type":"welcome","user":{"id":"u_9f","name":"Ana"},"heartbeat_ms":25000,"limits":{"text":4000,"frame":16384},"version":"0.1.0"}"#.to_owned(),
        ),
        (
            joined(true, None, vec![], None),
            r#"{"type":"joined","room":"lobby","epoch":"k3v9","recovered":true,"reason":null,"events":[],"head":{"seq":2,"uid":"c1q8"},"people":[{"id":"u_9f","name":"Ana"}],"count":1}"#.to_owned(),
        ),
        (
            joined(false, Some(Reason::New), vec![message(None)], Some(41)),
            format!(
                r#"{{"type":"joined","room":"lobby","epoch":"k3v9","recovered":false,"reason":"new","events":[{MESSAGE}],"head":{{"seq":2,"uid":"c1q8"}},"people":[{{"id":"u_9f","name":"Ana"}}],"count":1,"read":41}}"#
            ),
        ),
        (
            ServerFrame::Sent { room: room(), id: "x1".into(), seq: 42, at: 5 },
            r#"{"type":"sent","room":"lobby","id":"x1","seq":42,"at":5}"#.to_owned(),
        ),
        (
            refused(None, None, None),
            r#"{"type":"refused","re":"send","code":"rate_limited","message":"No."}"#.to_owned(),
        ),
        (
            refused(Some(room()), Some("x1".into()), Some(500)),
            r#"{"type":"refused","re":"send","room":"lobby","id":"x1","code":"rate_limited","message":"No.","retry_after_ms":500}"#.to_owned(),
        ),
        (
            reset(Reason::Trimmed),
            r#"{"type":"reset","room":"lobby","reason":"trimmed","epoch":"k3v9","events":[],"head":{"seq":2,"uid":"c1q8"}}"#.to_owned(),
        ),
        (
            reset(Reason::Epoch),
            r#"{"type":"reset","room":"lobby","reason":"epoch","epoch":"k3v9","events":[],"head":{"seq":2,"uid":"c1q8"}}"#.to_owned(),
        ),
        (
            reset(Reason::Fork),
            r#"{"type":"reset","room":"lobby","reason":"fork","epoch":"k3v9","events":[],"head":{"seq":2,"uid":"c1q8"}}"#.to_owned(),
        ),
        (
            ServerFrame::History { room: room(), before: None, events: vec![], start: true, trimmed: false },
            r#"{"type":"history","room":"lobby","before":null,"events":[],"start":true,"trimmed":false}"#.to_owned(),
        ),
        (
            ServerFrame::History {
                room: room(),
                before: Some(120),
                events: vec![message(None)],
                start: false,
                trimmed: true,
            },
            format!(
                r#"{{"type":"history","room":"lobby","before":120,"events":[{MESSAGE}],"start":false,"trimmed":true}}"#
            ),
        ),
        (
            people(None),
            r#"{"type":"people","room":"lobby","joined":[{"id":"u_9f","name":"Ana"}],"left":["u_1c"],"count":7}"#.to_owned(),
        ),
        (
            people(Some(vec![ana()])),
            r#"{"type":"people","room":"lobby","joined":[{"id":"u_9f","name":"Ana"}],"left":["u_1c"],"count":7,"people":[{"id":"u_9f","name":"Ana"}]}"#.to_owned(),
        ),
        (
            ServerFrame::Typing { room: room(), user: ana() },
            r#"{"type":"typing","room":"lobby","user":{"id":"u_9f","name":"Ana"}}"#.to_owned(),
        ),
        (ServerFrame::Read { room: room(), seq: 42 }, r#"{"type":"read","room":"lobby","seq":42}"#.to_owned()),
        (ServerFrame::Rotate { within_ms: 60_000 }, r#"{"type":"rotate","within_ms":60000}"#.to_owned()),
        (ServerFrame::Retry { after_ms: 1_840 }, r#"{"type":"retry","after_ms":1840}"#.to_owned()),
        (ServerFrame::Tick, r#"{"type":"tick"}"#.to_owned()),
        (ServerFrame::Pong, r#"{"type":"pong"}"#.to_owned()),
    ] {
        assert_eq!(frame.encode(), text);
        assert_eq!(ServerFrame::decode(&text).unwrap(), frame);
    }
}

#[test]
fn refusal_codes_are_encoded_and_decoded_byte_for_byte() {
    for (code, text) in [
        (RefusalCode::BadFrame, "bad_frame"),
        (RefusalCode::BadRoom, "bad_room"),
        (RefusalCode::BadId, "bad_id"),
        (RefusalCode::TextEmpty, "text_empty"),
        (RefusalCode::TextTooLong, "text_too_long"),
        (RefusalCode::NotJoined, "not_joined"),
        (RefusalCode::RateLimited, "rate_limited"),
        (RefusalCode::TooManyRooms, "too_many_rooms"),
        (RefusalCode::Unavailable, "unavailable"),
        (RefusalCode::Forbidden, "forbidden"),
    ] {
        assert_eq!(serde_json::to_string(&code).unwrap(), format!("\"{text}\""));
        assert_eq!((code.as_str(), RefusalCode::named(text)), (text, code));
    }
}
