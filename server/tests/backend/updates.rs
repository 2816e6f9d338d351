use server::backend::{BackendUpdate, Ephemeral};

use crate::site::{Site, fresh, room, user};

pub async fn a_subscription_receives_later_events(site: Site) {
    let mut instance = site.open().await;
    for _ in 0..30 {
        let room = room(&fresh("room"));
        instance.say(&room).await;
        instance.subscribe(&room).await;
        instance.say(&room).await;
        let (heard, _, event) = instance.appended().await;
        assert_eq!((heard, event.seq), (room, 2));
    }
}

pub async fn nothing_is_received_after_an_unsubscription(site: Site) {
    let (mut instance, room) = (site.open().await, room("lobby"));
    instance.subscribe(&room).await;
    instance.0.broker.unsubscribe(&room);
    instance.say(&room).await;
    instance.0.broker.publish_ephemeral(&room, &Ephemeral::Typing { user: user("Ana") }).await.unwrap();
    instance.receives_nothing_more().await;
}

pub async fn the_last_request_for_a_room_counts(site: Site) {
    let (mut instance, room) = (site.open().await, room("lobby"));
    for round in 1..=20 {
        instance.subscribe(&room).await;
        instance.0.broker.unsubscribe(&room);
        instance.subscribe(&room).await;
        instance.say(&room).await;
        assert_eq!(instance.appended().await.2.seq, round);
        instance.0.broker.unsubscribe(&room);
    }
    instance.receives_nothing_more().await;
}

pub async fn an_ephemeral_is_delivered_and_not_stored(site: Site) {
    let (mut instance, room) = (site.open().await, room("lobby"));
    instance.subscribe(&room).await;
    let ephemeral = Ephemeral::Typing { user: user("Ana") };
    instance.0.broker.publish_ephemeral(&room, &ephemeral).await.unwrap();
    assert_eq!(instance.update().await, BackendUpdate::Ephemeral { room: room.clone(), ephemeral });
    assert_eq!(instance.history(&room).await, []);
}
