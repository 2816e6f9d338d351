use protocol::RoomName;
use server::backend::{READ_ROOMS_PER_USER, ReadMarkerUpdate, ReadPosition};

use crate::site::{BackendInstance, NOW, Site, room};

impl BackendInstance {
    async fn store(&self, positions: &[ReadMarkerUpdate]) {
        self.0.read_markers.store(positions).await.unwrap();
    }

    async fn position(&self, user: &str, room: &RoomName) -> Option<ReadPosition> {
        self.0.read_markers.position(user, room).await.unwrap()
    }
}

fn at(epoch: &str, seq: u64) -> ReadPosition {
    ReadPosition { epoch: epoch.into(), seq }
}

fn receipt(user: &str, room: &RoomName, mark: ReadPosition, at: u64) -> ReadMarkerUpdate {
    ReadMarkerUpdate { user: user.into(), room: room.clone(), position: mark, at }
}

pub async fn a_position_is_stored_and_never_moves_back(site: Site) {
    let (instance, room) = (site.open().await, room("lobby"));
    assert_eq!(instance.position("u_ana", &room).await, None);
    instance.store(&[]).await;
    // Compared as numbers, not as text.
    for (read, kept) in [(9, 9), (9, 9), (10, 10), (9, 10), (1, 10), ((1 << 53) - 1, (1 << 53) - 1)] {
        instance.store(&[receipt("u_ana", &room, at("e1", read), NOW)]).await;
        assert_eq!(instance.position("u_ana", &room).await, Some(at("e1", kept)), "{read}");
    }
    drop(instance);
    assert_eq!(site.open().await.position("u_ana", &room).await, Some(at("e1", (1 << 53) - 1)));
}

pub async fn a_new_epoch_replaces_the_position(site: Site) {
    let (instance, room) = (site.open().await, room("lobby"));
    for (epoch, seq) in [("e1", 9), ("e2", 3), ("e1", 2), ("e", 1)] {
        instance.store(&[receipt("u_ana", &room, at(epoch, seq), NOW)]).await;
        assert_eq!(instance.position("u_ana", &room).await, Some(at(epoch, seq)));
    }
}

pub async fn positions_are_per_user_and_room(site: Site) {
    let instance = site.open().await;
    // A room may be named like a user id or like a part of a key.
    let places = [("u_ana", "lobby"), ("u_rui", "lobby"), ("u_ana", "u_rui"), ("u_ana", "}:reads{"), ("u_b", "é ?%'")];
    let mut positions = Vec::new();
    for (number, (user, name)) in (1..).zip(places) {
        positions.push(receipt(user, &room(name), at("e1", number), NOW));
    }
    instance.store(&positions).await;
    instance.say(&room("u_rui")).await;
    for ReadMarkerUpdate { user, room, position: mark, .. } in positions {
        assert_eq!(instance.position(&user, &room).await, Some(mark), "{user} in {room}");
    }
    assert_eq!(instance.position("u_rui", &room("u_rui")).await, None);
}

pub async fn only_the_latest_positions_of_a_user_are_kept(site: Site) {
    let instance = site.open().await;
    let named = |number: usize| room(&format!("room {number}"));
    let many: Vec<_> =
        (0..READ_ROOMS_PER_USER).map(|number| receipt("u_ana", &named(number), at("e1", 1), NOW)).collect();
    instance.store(&many).await;
    // The first room is read again, so that it is not the oldest.
    instance.store(&[receipt("u_ana", &named(0), at("e1", 2), NOW + 1)]).await;
    let others: Vec<_> =
        (0..3).map(|number| receipt("u_ana", &room(&format!("{number}")), at("e1", 1), NOW + 2)).collect();
    instance.store(&others).await;
    let mut kept = 0;
    for number in 0..READ_ROOMS_PER_USER {
        kept += usize::from(instance.position("u_ana", &named(number)).await.is_some());
    }
    assert_eq!(kept, READ_ROOMS_PER_USER - 3);
    assert_eq!(instance.position("u_ana", &named(0)).await, Some(at("e1", 2)));
    for ReadMarkerUpdate { room, position: mark, .. } in others {
        assert_eq!(instance.position("u_ana", &room).await, Some(mark));
    }
}
