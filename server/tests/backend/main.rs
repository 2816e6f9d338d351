//! The contract of every backend, checked on SQLite and on Redis: a single server, a cluster, and one configured like
//! Memorystore. Then what only one backend can break.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod history;
mod ids;
mod presence;
mod read_markers;
mod redis;
mod redis_cluster;
mod site;
mod sqlite;
mod trimming;
mod updates;

/// Makes one test of each check and backend.
macro_rules! contract {
    ($($file:ident: $($check:ident)+;)+) => {
        mod on_local {
            $($(#[tokio::test] async fn $check() { crate::$file::$check(crate::site::Site::sqlite()).await; })+)+
        }
        mod on_redis {
            $($(#[tokio::test] async fn $check() { crate::$file::$check(crate::site::Site::redis().await).await; })+)+
        }
        mod on_memorystore {
            $($(#[tokio::test] async fn $check() { crate::$file::$check(crate::site::Site::memorystore().await).await; })+)+
        }
        mod on_cluster {
            $($(#[tokio::test] async fn $check() { crate::$file::$check(crate::site::Site::cluster().await).await; })+)+
        }
    };
}

contract! {
    history:
        seqs_have_no_holes_and_prev_links_every_event
        concurrent_appends_are_received_in_one_order
        ranges_after_a_seq_are_complete_and_oldest_first
        ranges_before_a_seq_are_the_latest_ones
        extreme_bounds_are_accepted
        an_empty_room_gets_an_epoch_that_stays
        heads_come_in_the_order_asked
        unusual_room_names_work;
    ids:
        a_repeated_id_gets_the_first_receipt_and_is_not_published
        concurrent_retries_are_one_event
        a_retry_after_a_restart_gets_the_first_receipt
        the_same_id_of_another_author_or_room_is_another_event;
    updates:
        a_subscription_receives_later_events
        nothing_is_received_after_an_unsubscription
        the_last_request_for_a_room_counts
        an_ephemeral_is_delivered_and_not_stored;
    trimming:
        the_latest_events_and_recent_ids_are_kept
        old_events_beyond_the_limit_are_removed
        the_id_of_a_kept_old_event_is_known;
    presence:
        a_user_with_two_connections_enters_and_leaves_once
        the_latest_connection_determines_the_users_name
        unknown_connections_cause_no_publication
        expired_connections_return_with_a_refresh
        a_sweep_removes_expired_connections_and_publishes_once
        the_roster_excludes_expired_connections
        the_roster_is_sorted_by_name_and_limited
        a_large_refresh_publishes_no_change
        presence_is_per_room;
    read_markers:
        a_position_is_stored_and_never_moves_back
        a_new_epoch_replaces_the_position
        positions_are_per_user_and_room
        only_the_latest_positions_of_a_user_are_kept;
}
