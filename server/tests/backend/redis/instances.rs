use server::backend::Ephemeral;

use super::{listeners, one_instance, run, two_instances};
use crate::site::{draft, room, user};

#[tokio::test]
async fn instances_receive_each_others_updates() {
    let (_server, first, mut second) = two_instances().await;
    let room = room("lobby");
    second.subscribe(&room).await;
    let draft = draft("u_ana", "1");
    first.append(&room, &draft).await;
    let (_, epoch, event) = second.appended().await;
    assert_eq!((epoch, event.uid, event.body), (draft.epoch.clone(), draft.uid.clone(), draft.body.clone()));
    let ephemeral = Ephemeral::Typing { user: user("Ana") };
    first.0.broker.publish_ephemeral(&room, &ephemeral).await.unwrap();
    assert_eq!(second.ephemeral().await, ephemeral);
    // A retry on another instance is recognised.
    assert_eq!(second.append(&room, &draft).await.seq, 1);
    second.receives_nothing_more().await;
}

#[tokio::test]
async fn instances_share_presence_and_each_change_is_published_once() {
    let (_server, mut first, mut second) = two_instances().await;
    let (room, ana) = (room("lobby"), user("Ana"));
    for instance in [&first, &second] {
        instance.subscribe(&room).await;
    }
    first.0.presence.enter(&room, "c1", &ana).await.unwrap();
    second.0.presence.enter(&room, "c2", &ana).await.unwrap();
    first.0.presence.leave(&room, "c1").await.unwrap();
    let (one, two) = tokio::join!(first.0.presence.leave(&room, "c2"), second.0.presence.leave(&room, "c2"));
    one.and(two).unwrap();
    for instance in [&mut first, &mut second] {
        let expected = Ephemeral::PresenceChange { joined: vec![ana.clone()], left: vec![], count: 1 };
        assert_eq!(instance.ephemeral().await, expected);
        let expected = Ephemeral::PresenceChange { joined: vec![], left: vec![ana.id.clone()], count: 0 };
        assert_eq!(instance.ephemeral().await, expected);
        instance.receives_nothing_more().await;
    }
}

#[tokio::test]
async fn an_instance_has_two_connections() {
    let (server, instance) = one_instance().await;
    for number in 0..50 {
        instance.subscribe(&room(&format!("{number}"))).await;
        instance.say(&room(&format!("{number}"))).await;
    }
    let clients: String = run(&server, &["CLIENT", "LIST"]).await;
    // The third connection is this query's own.
    assert_eq!(clients.lines().count(), 3, "{clients}");
}

#[tokio::test]
async fn an_unsubscription_reaches_redis() {
    let (server, instance) = one_instance().await;
    instance.subscribe(&room("lobby")).await;
    assert_eq!(listeners(&server, "lobby").await, 1);
    instance.0.broker.unsubscribe(&room("lobby"));
    // Requests take effect in their order.
    instance.subscribe(&room("other")).await;
    assert_eq!((listeners(&server, "lobby").await, listeners(&server, "other").await), (0, 1));
}
