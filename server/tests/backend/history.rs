use std::sync::Arc;

use protocol::{Cursor, Head};

use crate::site::{Site, assert_chain, draft, fresh, room};

pub async fn seqs_have_no_holes_and_prev_links_every_event(site: Site) {
    let (mut instance, room) = (site.open().await, room("lobby"));
    instance.subscribe(&room).await;
    let mut prev = String::new();
    for seq in 1..=5 {
        let draft = draft("u_ana", &fresh("id"));
        let receipt = instance.append(&room, &draft).await;
        assert_eq!((receipt.seq, receipt.at), (seq, draft.at));
        let (_, _, event) = instance.appended().await;
        assert_eq!((event.seq, &event.uid, &event.prev, &event.body), (seq, &draft.uid, &prev, &draft.body));
        prev = draft.uid;
    }
    let range = instance.0.history.before(&room, None, 10).await.unwrap();
    assert_eq!(range.head, Head { seq: 5, uid: prev });
    assert_eq!(range.events[0].prev, "");
    assert_eq!(range.events.len(), 5);
    assert_chain(&range.events);
}

pub async fn concurrent_appends_are_received_in_one_order(site: Site) {
    const TASKS: usize = 8;
    const EACH: usize = 50;
    let (mut instance, room) = (site.open().await, room("lobby"));
    instance.subscribe(&room).await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..TASKS {
        let (broker, room) = (Arc::clone(&instance.0.broker), room.clone());
        tasks.spawn(async move {
            let mut receipts = Vec::new();
            for _ in 0..EACH {
                receipts.push(broker.append(&room, &draft("u_ana", &fresh("id"))).await.unwrap().seq);
            }
            receipts
        });
    }
    let mut acknowledged = tasks.join_all().await.concat();
    acknowledged.sort_unstable();
    assert_eq!(acknowledged, (1..=(TASKS * EACH) as u64).collect::<Vec<_>>());
    let mut heard = Vec::new();
    for _ in 0..TASKS * EACH {
        heard.push(instance.appended().await.2);
    }
    assert_chain(&heard);
    assert_eq!(heard, instance.history(&room).await);
}

pub async fn ranges_after_a_seq_are_complete_and_oldest_first(site: Site) {
    let (instance, room) = (site.open().await, room("lobby"));
    for _ in 0..7 {
        instance.say(&room).await;
    }
    for (after, limit, expected) in [
        (0, 100, vec![1, 2, 3, 4, 5, 6, 7]),
        (0, 3, vec![1, 2, 3]),
        (3, 3, vec![4, 5, 6]),
        (6, 3, vec![7]),
        (7, 3, vec![]),
        (8, 3, vec![]),
        (3, 0, vec![]),
    ] {
        let range = instance.0.history.after(&room, after, limit).await.unwrap();
        let numbers: Vec<_> = range.events.iter().map(|event| event.seq).collect();
        assert_eq!((numbers, range.head.seq), (expected, 7), "after {after}, {limit} at most");
    }
}

pub async fn ranges_before_a_seq_are_the_latest_ones(site: Site) {
    let (instance, room) = (site.open().await, room("lobby"));
    for _ in 0..7 {
        instance.say(&room).await;
    }
    for (before, limit, expected) in [
        (None, 100, vec![1, 2, 3, 4, 5, 6, 7]),
        (None, 3, vec![5, 6, 7]),
        (Some(5), 3, vec![2, 3, 4]),
        (Some(2), 3, vec![1]),
        (Some(1), 3, vec![]),
        (Some(0), 3, vec![]),
        (Some(99), 2, vec![6, 7]),
        (Some(5), 0, vec![]),
    ] {
        let range = instance.0.history.before(&room, before, limit).await.unwrap();
        let numbers: Vec<_> = range.events.iter().map(|event| event.seq).collect();
        assert_eq!((numbers, range.head.seq), (expected, 7), "before {before:?}, {limit} at most");
    }
}

/// Clients choose these bounds.
pub async fn extreme_bounds_are_accepted(site: Site) {
    let (instance, room) = (site.open().await, room("lobby"));
    instance.say(&room).await;
    let history = &instance.0.history;
    assert_eq!(history.after(&room, u64::MAX, usize::MAX).await.unwrap().events, []);
    assert_eq!(history.before(&room, Some(u64::MAX), usize::MAX).await.unwrap().events.len(), 1);
}

pub async fn an_empty_room_gets_an_epoch_that_stays(site: Site) {
    let (instance, room, other) = (site.open().await, room("lobby"), room("other"));
    let first = instance.0.history.after(&room, 0, 10).await.unwrap();
    assert_eq!((first.head, first.events), (Head::default(), vec![]));
    assert!(!first.epoch.is_empty());
    assert_eq!(instance.0.history.before(&room, None, 10).await.unwrap().epoch, first.epoch);
    assert_ne!(instance.0.history.before(&other, None, 10).await.unwrap().epoch, first.epoch);

    drop(instance);
    let mut instance = site.open().await;
    assert_eq!(instance.0.history.after(&room, 0, 10).await.unwrap().epoch, first.epoch);
    instance.subscribe(&room).await;
    instance.say(&room).await;
    assert_eq!(instance.appended().await.1, first.epoch);
    assert_eq!(instance.0.history.after(&room, 0, 10).await.unwrap().epoch, first.epoch);
}

pub async fn heads_come_in_the_order_asked(site: Site) {
    let (instance, spoken, silent, unseen) = (site.open().await, room("spoken"), room("silent"), room("unseen"));
    let draft = draft("u_ana", "1");
    instance.append(&spoken, &draft).await;
    let epoch = instance.0.history.after(&silent, 0, 1).await.unwrap().epoch;
    let heads = instance.heads(&[unseen, spoken, silent]).await;
    assert_eq!(heads[0], Cursor::default());
    assert_eq!(heads[1], Cursor { epoch: draft.epoch, seq: 1, uid: draft.uid });
    assert_eq!(heads[2], Cursor { epoch, seq: 0, uid: String::new() });
    assert_eq!(instance.heads(&[]).await, []);
    let many: Vec<_> = (0..1_201).map(|number| room(&format!("{number}"))).collect();
    instance.say(&many[1_200]).await;
    let heads = instance.heads(&many).await;
    assert_eq!((heads.len(), heads[1_199].seq, heads[1_200].seq), (1_201, 0, 1));
}

pub async fn unusual_room_names_work(site: Site) {
    let mut instance = site.open().await;
    let names = ["{}", "}:meta{", "a b", "a:b", "😀 café", "%7B", "a\\b'\"--", "Lobby", "lobby", "*?[a]"];
    for name in names {
        instance.subscribe(&room(name)).await;
    }
    for name in names {
        let room = room(name);
        assert_eq!(instance.say(&room).await.seq, 1, "{name}");
        assert_eq!(instance.appended().await.0, room);
        assert_eq!(instance.history(&room).await.len(), 1, "{name}");
    }
}
