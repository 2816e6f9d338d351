use std::sync::Arc;

use server::backend::AppendReceipt;

use crate::site::{NOW, Site, draft, room};

pub async fn a_repeated_id_gets_the_first_receipt_and_is_not_published(site: Site) {
    let (mut instance, room) = (site.open().await, room("lobby"));
    instance.subscribe(&room).await;
    let first = draft("u_ana", "1");
    assert_eq!(instance.append(&room, &first).await, AppendReceipt { seq: 1, at: NOW });
    let mut later = draft("u_ana", "1");
    (later.at, later.body) = (NOW + 5_000, "{}".into());
    for again in [&first, &later] {
        assert_eq!(instance.append(&room, again).await, AppendReceipt { seq: 1, at: NOW });
    }
    assert_eq!(instance.appended().await.2.body, first.body);
    instance.receives_nothing_more().await;
    assert_eq!(instance.append(&room, &draft("u_ana", "2")).await.seq, 2);
    assert_eq!(instance.appended().await.2.prev, first.uid);
    assert_eq!(instance.history(&room).await.len(), 2);
}

pub async fn concurrent_retries_are_one_event(site: Site) {
    let (mut instance, room) = (site.open().await, room("lobby"));
    instance.subscribe(&room).await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (broker, room) = (Arc::clone(&instance.0.broker), room.clone());
        tasks.spawn(async move { broker.append(&room, &draft("u_ana", "1")).await.unwrap() });
    }
    assert_eq!(tasks.join_all().await, vec![AppendReceipt { seq: 1, at: NOW }; 16]);
    assert_eq!(instance.appended().await.2.seq, 1);
    instance.receives_nothing_more().await;
    assert_eq!(instance.history(&room).await.len(), 1);
}

pub async fn a_retry_after_a_restart_gets_the_first_receipt(site: Site) {
    let (instance, room, first) = (site.open().await, room("lobby"), draft("u_ana", "1"));
    let receipt = instance.append(&room, &first).await;
    instance.say(&room).await;
    drop(instance);
    let instance = site.open().await;
    assert_eq!(instance.append(&room, &first).await, receipt);
    assert_eq!(instance.say(&room).await.seq, 3);
}

pub async fn the_same_id_of_another_author_or_room_is_another_event(site: Site) {
    let (instance, lobby, other) = (site.open().await, room("lobby"), room("other"));
    assert_eq!(instance.append(&lobby, &draft("u_ana", "1")).await.seq, 1);
    assert_eq!(instance.append(&lobby, &draft("u_rui", "1")).await.seq, 2);
    assert_eq!(instance.append(&other, &draft("u_ana", "1")).await.seq, 1);
    assert_eq!(instance.append(&lobby, &draft("u_rui", "1")).await.seq, 2);
}
