//! Invalid input of every kind: it gets the error of docs/protocol.md, and the instance keeps serving others.

use protocol::{ClientFrame, RefusalCode, ServerFrame};
use testkit::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::TestServer;

/// Sends each text and expects each code, while a bystander in the room is not affected.
async fn check(rows: &[(&str, RefusalCode)]) {
    let server = TestServer::start().await;
    let mut bystander = server.enter("Rui", "lobby").await;
    let mut ana = server.enter("Ana", "lobby").await;
    for (text, code) in rows {
        ana.send_text(text).await;
        assert_eq!(ana.refused().await, *code, "{text}");
    }
    ana.assert_open().await;
    ana.say("lobby", "after", "still here").await;
    assert_eq!(bystander.event().await.seq, 1);
}

#[tokio::test]
async fn malformed_frames_are_refused() {
    check(&[
        (r#"{"type":"dance"}"#, RefusalCode::BadFrame),
        (r#"{"type":""}"#, RefusalCode::BadFrame),
        (r#"{"type":"send"}"#, RefusalCode::BadFrame),
        (r#"{"type":"send","room":"lobby","id":"1","text":7}"#, RefusalCode::BadFrame),
        (r#"{"type":"edit","room":"lobby","id":"1","text":"x"}"#, RefusalCode::BadFrame),
        (r#"{"type":"edit","room":"lobby","id":"1","target":-1,"text":"x"}"#, RefusalCode::BadFrame),
        (r#"{"type":"delete","room":"lobby","id":"1","target":1.5}"#, RefusalCode::BadFrame),
        (r#"{"type":"react","room":"lobby","id":"1","target":1,"emoji":"👍","on":1}"#, RefusalCode::BadFrame),
        (r#"{"type":"reaction","room":"lobby","id":"1","target":1,"emoji":"👍","on":true}"#, RefusalCode::BadFrame),
        (r#"{"type":"join","room":["lobby"]}"#, RefusalCode::BadFrame),
        (r#"{"type":"join","room":"lobby","after":{"epoch":"e","seq":-1,"uid":""}}"#, RefusalCode::BadFrame),
        (r#"{"type":"join","room":"lobby","after":"latest"}"#, RefusalCode::BadFrame),
        (r#"{"type":"history","room":"lobby","before":1.5}"#, RefusalCode::BadFrame),
        (r#"{"type":"history","room":"lobby","limit":-1}"#, RefusalCode::BadFrame),
        (r#"{"type":"welcome"}"#, RefusalCode::BadFrame),
    ])
    .await;
}

#[tokio::test]
async fn invalid_room_names_are_refused() {
    let long = format!(r#"{{"type":"join","room":"{}"}}"#, "x".repeat(65));
    check(&[
        (r#"{"type":"join","room":""}"#, RefusalCode::BadRoom),
        (r#"{"type":"join","room":"   "}"#, RefusalCode::BadRoom),
        (r#"{"type":"join","room":"a\u0000b"}"#, RefusalCode::BadRoom),
        (r#"{"type":"join","room":"a\u202eb"}"#, RefusalCode::BadRoom),
        (r#"{"type":"send","room":"","id":"1","text":"x"}"#, RefusalCode::BadRoom),
        (r#"{"type":"leave","room":""}"#, RefusalCode::BadRoom),
        (&long, RefusalCode::BadRoom),
    ])
    .await;
}

#[tokio::test]
async fn frames_for_rooms_that_were_not_joined_are_refused() {
    check(&[
        (r#"{"type":"send","room":"other","id":"1","text":"x"}"#, RefusalCode::NotJoined),
        (r#"{"type":"edit","room":"other","id":"1","target":1,"text":"x"}"#, RefusalCode::NotJoined),
        (r#"{"type":"delete","room":"other","id":"1","target":1}"#, RefusalCode::NotJoined),
        (r#"{"type":"react","room":"other","id":"1","target":1,"emoji":"👍","on":true}"#, RefusalCode::NotJoined),
        (r#"{"type":"leave","room":"other"}"#, RefusalCode::NotJoined),
        (r#"{"type":"typing","room":"other"}"#, RefusalCode::NotJoined),
        (r#"{"type":"history","room":"other"}"#, RefusalCode::NotJoined),
    ])
    .await;
}

#[tokio::test]
async fn invalid_messages_are_refused() {
    let send = |id: &str, text: &str| format!(r#"{{"type":"send","room":"lobby","id":"{id}","text":"{text}"}}"#);
    check(&[
        (&send("", "x"), RefusalCode::BadId),
        (&send("a b", "x"), RefusalCode::BadId),
        (&send("é", "x"), RefusalCode::BadId),
        (&send(&"x".repeat(65), "x"), RefusalCode::BadId),
        (&send("1", ""), RefusalCode::TextEmpty),
        (&send("1", r" \n\t"), RefusalCode::TextEmpty),
        (&send("1", &"x".repeat(4_001)), RefusalCode::TextTooLong),
        (&send("1", &"é".repeat(4_001)), RefusalCode::TextTooLong),
    ])
    .await;
}

#[tokio::test]
async fn a_refusal_names_the_frame() {
    let server = TestServer::start().await;
    let mut ana = server.enter("Ana", "lobby").await;
    ana.send_text(r#"{"type":"send","room":"lobby","id":"m1","text":""}"#).await;
    let ServerFrame::Refused { re, room, id, message, .. } = ana.answer().await else { panic!("refused") };
    assert_eq!((re.as_str(), room.as_deref(), id.as_deref()), ("send", Some("lobby"), Some("m1")));
    assert!(!message.is_empty());
}

#[tokio::test]
async fn unknown_fields_are_ignored() {
    let server = TestServer::start().await;
    let mut ana = server.connect("Ana").await;
    ana.send_text(r#"{"type":"join","room":"lobby","mood":{"deep":[1,2]},"after":null}"#).await;
    assert!(matches!(ana.answer().await, ServerFrame::Joined { .. }));
}

#[tokio::test]
async fn the_longest_text_of_four_byte_characters_is_accepted() {
    let server = TestServer::start().await;
    let mut ana = server.enter("Ana", "lobby").await;
    assert_eq!(ana.say("lobby", "1", &"😀".repeat(4_000)).await, 1);
}

#[tokio::test]
async fn a_protocol_violation_closes_only_its_socket() {
    let server = TestServer::start().await;
    let mut bystander = server.enter("Rui", "lobby").await;
    let oversize = ClientFrame::Leave { room: "x".repeat(20_000) }.encode();
    let deep = "[".repeat(10_000);
    for message in [
        Message::text("hello"),
        Message::text(""),
        Message::text("[]"),
        Message::text("null"),
        Message::text(r#"{"room":"lobby"}"#),
        Message::text(r#"{"type":7}"#),
        Message::text(deep),
        Message::text(oversize),
        Message::binary(br#"{"type":"ping"}"#.to_vec()),
        Message::binary(vec![0; 100_000]),
    ] {
        let mut stranger = server.enter("Eva", "lobby").await;
        let shown = format!("{message:.40?}");
        stranger.send_raw(message).await;
        assert_eq!(stranger.closed().await, 4002, "{shown}");
    }
    bystander.say("lobby", "after", "still here").await;
}

#[tokio::test]
async fn random_bytes_close_only_their_socket() {
    let server = TestServer::start().await;
    for seed in 0..20_u8 {
        let mut raw = server.upgrade_raw("Eva").await;
        let noise: Vec<u8> = (0..2_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8 ^ seed).collect();
        // The server may have closed the socket already, as it should.
        drop(raw.write_all(&noise).await);
        drop(raw.shutdown().await);
        drop(raw.read_to_end(&mut Vec::new()).await);
    }
    let mut well = server.enter("Rui", "lobby").await;
    well.assert_open().await;
}
