use crate::site::{NOW, Site, assert_chain, draft, room};

const LIMIT: usize = 100;
const DAY: u64 = 24 * 60 * 60 * 1_000;

pub async fn the_latest_events_and_recent_ids_are_kept(site: Site) {
    let (instance, room) = (site.open_with_limit(LIMIT).await, room("lobby"));
    for id in 1..=500_u64 {
        let mut draft = draft("u_ana", &id.to_string());
        // The last event comes almost a day after the first.
        draft.at = NOW + id * (DAY / 500) - DAY / 500;
        assert_eq!(instance.append(&room, &draft).await.seq, id);
    }
    let events = instance.history(&room).await;
    assert!(events.len() >= LIMIT, "{}", events.len());
    assert_eq!(events.last().unwrap().seq, 500);
    assert_chain(&events);
    for id in [1_u64, 2, 250, 500] {
        assert_eq!(instance.append(&room, &draft("u_ana", &id.to_string())).await.seq, id);
    }
}

pub async fn old_events_beyond_the_limit_are_removed(site: Site) {
    let (instance, room) = (site.open_with_limit(LIMIT).await, room("lobby"));
    let append = |id: u64, at| {
        let mut draft = draft("u_ana", &id.to_string());
        draft.at = at;
        let (instance, room) = (&instance, &room);
        async move { instance.append(room, &draft).await.seq }
    };
    for id in 1..=300 {
        assert_eq!(append(id, NOW).await, id);
    }
    for id in 301..=700 {
        assert_eq!(append(id, NOW + DAY + 1).await, id);
    }
    let events = instance.history(&room).await;
    assert!(events.len() >= LIMIT && events[0].seq > 300, "{} from {}", events.len(), events[0].seq);
    assert_chain(&events);
    // The id of a kept event is known; that of a removed one is new.
    for (id, seq) in [(700, 700), (600, 600), (301, 301), (1, 701), (300, 702)] {
        assert_eq!(append(id, NOW + DAY + 1).await, seq, "id {id}");
    }
}

pub async fn the_id_of_a_kept_old_event_is_known(site: Site) {
    let (instance, room) = (site.open_with_limit(LIMIT).await, room("lobby"));
    for id in 1..=90_u64 {
        let mut draft = draft("u_ana", &id.to_string());
        draft.at = if id <= 40 { NOW } else { NOW + 2 * DAY };
        assert_eq!(instance.append(&room, &draft).await.seq, id);
    }
    for id in [1_u64, 40, 90] {
        assert_eq!(instance.append(&room, &draft("u_ana", &id.to_string())).await.seq, id);
    }
}
