use protocol::Cursor;
use server::backend::{PRESENCE_TTL_MS, Roster};

use super::{one_instance, run};
use crate::site::{draft, room, user};

#[tokio::test]
async fn a_room_that_lost_a_key_gets_a_new_epoch() {
    let keys = ["meta", "stream", "ids", "order"].map(|key| format!("sala:{{lobby}}:{key}"));
    let losses = keys.iter().map(|key| vec!["DEL", key.as_str()]);
    for disaster in losses.chain([vec!["FLUSHALL"]]) {
        let (server, mut instance) = one_instance().await;
        let (room, first) = (room("lobby"), draft("u_ana", "1"));
        instance.append(&room, &first).await;
        instance.say(&room).await;
        let _: ::redis::Value = run(&server, &disaster).await;
        assert_eq!(instance.heads(std::slice::from_ref(&room)).await, [Cursor::default()]);
        let range = instance.0.history.after(&room, 0, 10).await.unwrap();
        assert_ne!(range.epoch, first.epoch, "{disaster:?}");
        assert_eq!((range.head.seq, range.events.len()), (0, 0), "{disaster:?}");

        instance.subscribe(&room).await;
        assert_eq!(instance.append(&room, &first).await.seq, 1);
        let (_, epoch, event) = instance.appended().await;
        assert_eq!((epoch, event.prev.as_str()), (range.epoch, ""));
    }
}

#[tokio::test]
async fn an_append_after_a_loss_starts_the_new_epoch() {
    let (server, mut instance) = one_instance().await;
    let room = room("lobby");
    instance.subscribe(&room).await;
    instance.say(&room).await;
    let _: u64 = run(&server, &["DEL", "sala:{lobby}:stream"]).await;
    let draft = draft("u_ana", "1");
    assert_eq!(instance.append(&room, &draft).await.seq, 1);
    instance.appended().await;
    assert_eq!(instance.appended().await.1, draft.epoch);
    assert_eq!(instance.history(&room).await.len(), 1);
}

#[tokio::test]
async fn only_a_room_with_events_is_permanent() {
    let (server, instance) = one_instance().await;
    let room = room("lobby");
    instance.0.history.after(&room, 0, 1).await.unwrap();
    let left: i64 = run(&server, &["TTL", "sala:{lobby}:meta"]).await;
    assert!((86_000..=86_400).contains(&left), "{left}");
    instance.say(&room).await;
    assert_eq!(run::<i64>(&server, &["TTL", "sala:{lobby}:meta"]).await, -1);
    instance.0.presence.enter(&room, "c1", &user("Ana")).await.unwrap();
    for key in ["live", "who", "count", "names"] {
        let left: i64 = run(&server, &["TTL", &format!("sala:{{lobby}}:{key}")]).await;
        assert!((3_500..=3_600).contains(&left), "{key}: {left}");
    }
}

#[tokio::test]
async fn flushed_scripts_are_loaded_again() {
    let (server, instance) = one_instance().await;
    instance.say(&room("lobby")).await;
    let _: () = run(&server, &["SCRIPT", "FLUSH"]).await;
    assert_eq!(instance.say(&room("lobby")).await.seq, 2);
}

#[tokio::test]
async fn a_malformed_publication_is_dropped_and_the_next_is_received() {
    let (server, mut instance) = one_instance().await;
    let room = room("lobby");
    instance.subscribe(&room).await;
    for damaged in ["", "?", "+a b c", "~{}"] {
        let _: u64 = run(&server, &["PUBLISH", "sala:{lobby}:events", damaged]).await;
    }
    instance.say(&room).await;
    assert_eq!(instance.appended().await.2.seq, 1);
}

#[tokio::test]
async fn presence_recovers_from_a_partial_eviction() {
    for key in ["live", "who", "count", "names"] {
        let (server, instance) = one_instance().await;
        let (room, ana, presence) = (room("lobby"), user("Ana"), &instance.0.presence);
        let here = [("c1".to_owned(), ana.clone()), ("c2".to_owned(), ana.clone())];
        for (connection, user) in &here {
            presence.enter(&room, connection, user).await.unwrap();
        }
        let _: u64 = run(&server, &["DEL", &format!("sala:{{lobby}}:{key}")]).await;
        presence.refresh(&room, &here, PRESENCE_TTL_MS).await.unwrap();
        let roster = presence.roster(&room).await.unwrap();
        assert_eq!((roster.people, roster.count), (vec![ana.clone()], 1), "{key}");
        for (connection, _) in &here {
            presence.leave(&room, connection).await.unwrap();
        }
        assert_eq!(presence.roster(&room).await.unwrap(), Roster::default(), "{key}");
    }
}
