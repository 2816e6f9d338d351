//! Data that an earlier release has written: rooms, events of every kind, ids and read positions.

use std::{fs, path::PathBuf, sync::Arc};

use protocol::{ClientFrame, Command, Event, Head, Kind, MessageId, MessageRef, RoomName, ServerFrame};
use serde::Deserialize;
use server::{
    backend::{AppendReceipt, Backend, EventDraft, ReadPosition},
    config::{Config, Environment},
};
use tempfile::TempDir;
use testkit::RedisServer;

use crate::support::TestServer;

/// What the release has answered about its data.
#[derive(Deserialize)]
struct EarlierRelease {
    rooms: Vec<RecordedRoom>,
    reads: Vec<RecordedRead>,
}

#[derive(Deserialize)]
struct RecordedRoom {
    room: String,
    epoch: String,
    head: Head,
    events: Vec<Event>,
}

#[derive(Deserialize)]
struct RecordedRead {
    user: String,
    room: String,
    seq: u64,
}

fn fixture(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/release-3ebb6b1").join(file)
}

fn recorded(file: &str) -> EarlierRelease {
    serde_json::from_slice(&fs::read(fixture(file)).unwrap()).unwrap()
}

/// A copy of files, because opening them changes them.
fn copied(files: &[&str]) -> Arc<TempDir> {
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        fs::copy(fixture(file), folder.path().join(file)).unwrap();
    }
    Arc::new(folder)
}

#[tokio::test]
async fn a_data_folder_is_read_and_continued() {
    let (folder, recorded) = (copied(&["sala.db", "session.key"]), recorded("sqlite.json"));
    let path = folder.path().display().to_string();
    check_backend(&open(&[("DATA_DIR", &path)]).await, &recorded).await;
    check_server(&TestServer::on(folder, &[]).await, &recorded).await;
}

#[tokio::test]
async fn a_redis_dump_is_read_and_continued() {
    let (folder, recorded) = (copied(&["dump.rdb"]), recorded("redis.json"));
    let path = folder.path().display().to_string();
    let redis = RedisServer::start_with(&["--dir", &path, "--dbfilename", "dump.rdb"]).await.unwrap();
    let url = redis.url();
    check_backend(&open(&[("REDIS_URL", &url)]).await, &recorded).await;
    check_server(&TestServer::with(&[("REDIS_URL", &url)]).await, &recorded).await;
}

async fn open(variables: &[(&str, &str)]) -> Backend {
    let config = Config::from(&variables.iter().copied().collect::<Environment>()).unwrap();
    server::open(&config.backend).await.unwrap()
}

/// Read positions are known, and a retry of an old message gets the first receipt.
async fn check_backend(backend: &Backend, recorded: &EarlierRelease) {
    for RecordedRead { user, room, seq } in &recorded.reads {
        let epoch = recorded.rooms.iter().find(|known| known.room == *room).unwrap().epoch.clone();
        let position = backend.read_markers.position(user, &RoomName::new(room).unwrap()).await.unwrap();
        assert_eq!(position, Some(ReadPosition { epoch, seq: *seq }), "{user} in {room}");
    }
    for RecordedRoom { room, events, .. } in &recorded.rooms {
        let room = RoomName::new(room).unwrap();
        for event in events {
            let id = MessageId::new(event.kind.id().unwrap()).unwrap();
            let (epoch, uid, author) = ("another".into(), "another".into(), event.author.id.clone());
            let draft = EventDraft { epoch, uid, author, id, at: event.at + 1, body: "{}".into() };
            let receipt = backend.broker.append(&room, &draft).await.unwrap();
            assert_eq!(receipt, AppendReceipt { seq: event.seq, at: event.at });
        }
    }
}

/// Rooms and history are those of the release, and people go on in them.
async fn check_server(server: &TestServer, recorded: &EarlierRelease) {
    let mut eva = server.connect("Eva").await;
    for RecordedRoom { room, epoch, head, events } in &recorded.rooms {
        let joined = eva.join(room).await;
        assert_eq!((&joined.epoch, &joined.head), (epoch, head), "{room}");
        assert!(!joined.events.is_empty() && events.ends_with(&joined.events), "{room}");
        eva.send(ClientFrame::History { room: room.clone(), before: None, limit: Some(100) }).await;
        let history = loop {
            if let ServerFrame::History { events, start: true, .. } = eva.answer().await {
                break events;
            }
        };
        assert_eq!(history, *events, "{room}");

        let first = MessageRef { seq: 1, uid: Some(events[0].uid.clone()) };
        let react = Command::React { target: first.clone(), emoji: "🎉".into(), on: true };
        let reply = Command::Send { text: "and on".into(), reply_to: Some(first) };
        for (id, command) in [("1", react), ("2", reply)] {
            let command = ClientFrame::Command { room: room.clone(), id: id.into(), command };
            assert!(eva.ask(command).await.is_ok(), "{room}");
        }
    }
    let rejoined = eva.join("lobby").await;
    let [.., last, reaction, reply] = &rejoined.events[..] else { panic!("{rejoined:?}") };
    let head = &recorded.rooms[0].head;
    assert_eq!((last.seq, &last.uid, &reaction.prev, reply.seq), (head.seq, &head.uid, &last.uid, head.seq + 2));
    let Kind::Message { reply: Some(quote), .. } = &reply.kind else { panic!("{reply:?}") };
    assert_eq!(quote.text, "Hello, *everybody* — edited");
    let page = server.get("/r/lobby").cookie(&server.sign_in("Rui").await).send().await.text();
    assert!(page.contains("— edited"), "{page}");
}
