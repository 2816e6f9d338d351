//! On a real database, because events older than the ring are read from it.

use std::{borrow::Borrow, sync::Arc};

use protocol::{Command, Event, Kind, MessageId, MessageRef, RefusalCode, RoomName, User};
use tempfile::TempDir;

use super::{CommandError, REPLY_READ_LIMIT};
use crate::{
    backend::sqlite,
    hub::{Hub, event_log::RING_EVENTS},
};

const DAY: u64 = 24 * 60 * 60 * 1_000;

struct CommandFixture {
    hub: Arc<Hub>,
    room: RoomName,
    now: u64,
    _data: TempDir,
}

fn person(name: &str) -> User {
    User { id: format!("u_{name}"), name: name.to_owned() }
}

fn target(seq: u64) -> MessageRef {
    MessageRef { seq, uid: None }
}

impl CommandFixture {
    async fn open() -> Self {
        let data = TempDir::new().unwrap();
        let hub = Hub::new(sqlite::open(data.path(), 100).unwrap());
        let room = RoomName::new("lobby").unwrap();
        hub.snapshot(&room).await.unwrap();
        Self { hub, room, now: DAY, _data: data }
    }

    async fn command(&self, who: &str, id: &str, command: impl Borrow<Command>) -> Result<u64, RefusalCode> {
        let id = MessageId::new(id).unwrap();
        match self.hub.run_command(&self.room, &person(who), &id, command.borrow().clone(), self.now).await {
            Ok(receipt) => {
                self.wait_for_event(receipt.seq).await;
                Ok(receipt.seq)
            }
            Err(CommandError::Forbidden(error)) => Err(error.code),
            Err(CommandError::Unavailable(error)) => panic!("{error}"),
        }
    }

    async fn say(&self, who: &str, id: &str, text: &str) -> u64 {
        self.command(who, id, Command::send(text)).await.unwrap()
    }

    /// Sends `count` messages, which push older events out of the ring.
    async fn fill(&self, from: usize, count: usize) {
        for n in from..from + count {
            self.say("eva", &format!("f{n}"), "x").await;
        }
    }

    /// Waits until the room's log has an event.
    async fn wait_for_event(&self, seq: u64) {
        let room = self.hub.find_room(&self.room).unwrap();
        while room.lock().log.head().seq < seq {
            tokio::task::yield_now().await;
        }
    }

    async fn latest(&self) -> Event {
        self.hub.snapshot(&self.room).await.unwrap().events.pop().unwrap()
    }
}

#[tokio::test]
async fn only_the_author_changes_a_message_in_the_ring_or_history() {
    for older in [0, RING_EVENTS + 10] {
        let site = CommandFixture::open().await;
        let seq = site.say("ana", "1", "hello").await;
        site.fill(0, older).await;
        let edit = Command::Edit { target: target(seq), text: "hello, all".into() };
        assert_eq!(site.command("rui", "e", &edit).await, Err(RefusalCode::Forbidden), "{older}");
        assert_eq!(
            site.command("rui", "d", Command::Delete { target: target(seq) }).await,
            Err(RefusalCode::Forbidden),
            "{older}"
        );
        assert!(site.command("ana", "e", &edit).await.is_ok(), "{older}");
        let Kind::Edit { target, text, .. } = site.latest().await.kind else { panic!("an edit") };
        assert_eq!((target, text.as_str()), (seq, "hello, all"));
    }
}

#[tokio::test]
async fn rejects_targets_that_are_not_messages() {
    let site = CommandFixture::open().await;
    let seq = site.say("ana", "1", "hello").await;
    let edit = site.command("ana", "e", Command::Edit { target: target(seq), text: "x".into() }).await.unwrap();
    site.fill(0, RING_EVENTS + 10).await;
    let recent =
        site.command("ana", "r", Command::React { target: target(seq), emoji: "👍".into(), on: true }).await.unwrap();
    for none in [0, edit, recent, recent + 1, u64::MAX - 1, u64::MAX] {
        for command in [
            Command::Edit { target: target(none), text: "x".into() },
            Command::Delete { target: target(none) },
            Command::React { target: target(none), emoji: "👍".into(), on: true },
            Command::Send { text: "x".into(), reply_to: Some(target(none)) },
        ] {
            assert_eq!(site.command("ana", "x", &command).await, Err(RefusalCode::Forbidden), "{command:?}");
        }
    }
}

#[tokio::test]
async fn rejects_a_target_with_another_uid() {
    let site = CommandFixture::open().await;
    let seq = site.say("ana", "1", "hello").await;
    let uid = site.latest().await.uid;
    for (uid, allowed) in [(Some(uid.as_str()), true), (Some("another"), false), (Some(""), false), (None, true)] {
        let command =
            Command::React { target: MessageRef { seq, uid: uid.map(str::to_owned) }, emoji: "👍".into(), on: true };
        let id = format!("r{}", uid.unwrap_or("-").len());
        assert_eq!(site.command("rui", &id, command).await.is_ok(), allowed, "{uid:?}");
    }
}

#[tokio::test]
async fn rejects_changes_after_a_visible_deletion() {
    let site = CommandFixture::open().await;
    let seq = site.say("ana", "1", "hello").await;
    let edit = Command::Edit { target: target(seq), text: "hello, all".into() };
    let first = site.command("ana", "e", &edit).await.unwrap();
    let delete = Command::Delete { target: target(seq) };
    let deleted = site.command("ana", "d", &delete).await.unwrap();
    for command in [
        Command::Edit { target: target(seq), text: "x".into() },
        Command::React { target: target(seq), emoji: "👍".into(), on: true },
        Command::Send { text: "x".into(), reply_to: Some(target(seq)) },
    ] {
        assert_eq!(site.command("ana", "x", &command).await, Err(RefusalCode::Forbidden), "{command:?}");
    }
    assert_eq!(site.command("ana", "e", &edit).await, Ok(first), "a retry gets the first receipt");
    assert_eq!(site.command("ana", "d", &delete).await, Ok(deleted));
    assert!(site.command("ana", "d2", &delete).await.is_ok(), "a second deletion from another tab");
    site.fill(0, RING_EVENTS).await;
    assert!(
        site.command("ana", "e2", &edit).await.is_ok(),
        "the ring no longer shows the deletion; clients ignore the edit"
    );
    let answer = Command::Send { text: "x".into(), reply_to: Some(target(seq)) };
    assert_eq!(
        site.command("rui", "x", answer).await,
        Err(RefusalCode::Forbidden),
        "a deleted message cannot be quoted"
    );
}

#[tokio::test]
async fn rejects_changes_of_an_old_message_deleted_recently() {
    let site = CommandFixture::open().await;
    let seq = site.say("ana", "1", "hello").await;
    site.fill(0, RING_EVENTS).await;
    site.command("ana", "d", Command::Delete { target: target(seq) }).await.unwrap();
    for command in [
        Command::Edit { target: target(seq), text: "x".into() },
        Command::React { target: target(seq), emoji: "👍".into(), on: true },
        Command::Send { text: "x".into(), reply_to: Some(target(seq)) },
    ] {
        assert_eq!(site.command("ana", "x", &command).await, Err(RefusalCode::Forbidden), "{command:?}");
    }
}

#[tokio::test]
async fn rejects_changes_of_trimmed_messages() {
    let mut site = CommandFixture::open().await;
    let seq = site.say("ana", "1", "hello").await;
    site.fill(0, 300).await;
    site.now += DAY + 1;
    site.fill(300, 400).await;
    let command = Command::Edit { target: target(seq), text: "x".into() };
    assert_eq!(site.command("ana", "e", &command).await, Err(RefusalCode::Forbidden));
}

#[tokio::test]
async fn a_reply_quotes_the_edited_text() {
    let site = CommandFixture::open().await;
    let oldest = site.say("ana", "00", "from before all that").await;
    site.fill(0, REPLY_READ_LIMIT).await;
    let old = site.say("ana", "0", "  from  long\nago ").await;
    site.fill(REPLY_READ_LIMIT, RING_EVENTS + 10).await;
    let recent = site.say("ana", "1", "hello").await;
    site.command("ana", "e", Command::Edit { target: target(recent), text: "hello, all".into() }).await.unwrap();
    for (seq, quote) in [(oldest, "…"), (old, "from long ago"), (recent, "hello, all")] {
        site.command("rui", &format!("a{seq}"), Command::Send { text: "yes".into(), reply_to: Some(target(seq)) })
            .await
            .unwrap();
        let Kind::Message { reply: Some(reply), .. } = site.latest().await.kind else { panic!("an answer") };
        assert_eq!((reply.seq, reply.author, reply.text.as_str()), (seq, person("ana"), quote));
    }
}

#[tokio::test]
async fn bounds_the_page_after_many_reactions() {
    let site = CommandFixture::open().await;
    let seq = site.say("ana", "1", "hello").await;
    for n in 0..500 {
        let command =
            Command::React { target: target(seq), emoji: if n % 2 == 0 { "👍" } else { "🎉" }.into(), on: true };
        site.command(&format!("p{n}"), "r", command).await.unwrap();
    }
    let page = site.hub.snapshot(&site.room).await.unwrap();
    assert_eq!(page.events.len(), RING_EVENTS, "bounded, even if the page does not reach the message");
    site.fill(0, 60).await;
    let page = site.hub.snapshot(&site.room).await.unwrap();
    assert_eq!(page.events.len(), 50);
}
