//! What every backend promises, checked on each: on SQLite, and on Redis alone, in a cluster, and as Memorystore offers it. Then
//! what only one can break.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod history;
mod ids;
mod presence;
#[path = "../support/proxy.rs"]
mod proxy;
mod reads;
mod redis;
mod redis_cluster;
#[path = "../support/redis_server.rs"]
mod redis_server;
mod site;
mod sqlite;
mod trimming;
mod updates;

/// Makes one test of every check and backend.
macro_rules! contract {
    ($($file:ident: $($check:ident)+;)+) => {
        mod on_local {
            $($(#[tokio::test] async fn $check() { crate::$file::$check(crate::site::Site::sqlite()).await; })+)+
        }
        mod on_redis {
            $($(#[tokio::test] async fn $check() { crate::$file::$check(crate::site::Site::redis()).await; })+)+
        }
        mod on_memorystore {
            $($(#[tokio::test] async fn $check() { crate::$file::$check(crate::site::Site::memorystore()).await; })+)+
        }
        mod on_cluster {
            $($(#[tokio::test] async fn $check() { crate::$file::$check(crate::site::Site::cluster().await).await; })+)+
        }
    };
}

contract! {
    history:
        numbers_have_no_holes_and_every_event_names_the_one_before
        concurrent_appends_get_one_order_that_everyone_hears
        pages_after_a_number_are_whole_and_oldest_first
        pages_before_a_number_are_the_last_ones_of_it
        bounds_beyond_every_number_are_bounds_like_others
        an_empty_room_gets_an_epoch_that_stays
        heads_come_in_the_order_asked
        odd_names_are_rooms_like_others;
    ids:
        the_same_id_again_gets_the_first_answer_and_is_not_signalled
        retries_at_once_are_one_event
        a_retry_after_a_restart_gets_the_first_answer
        the_same_id_of_another_author_or_room_is_another_event;
    updates:
        what_follows_a_subscription_is_heard
        what_follows_an_unsubscription_is_not_heard
        the_last_word_on_a_room_counts
        an_ephemeral_is_heard_and_not_kept;
    trimming:
        the_newest_are_kept_and_young_ids_are_known
        what_is_old_and_beyond_the_limit_goes
        an_old_event_that_is_kept_is_known;
    presence:
        a_person_with_two_connections_comes_and_goes_once
        a_person_goes_by_the_name_of_the_latest_connection
        changes_of_a_connection_that_is_not_there_are_silent
        the_expired_go_and_come_back_with_a_refresh
        a_sweep_takes_the_expired_away_and_says_so_once
        people_does_not_list_the_expired
        the_roster_is_by_name_and_ends_at_its_limit
        a_refresh_of_very_many_lets_nobody_blink
        rooms_do_not_see_each_others_people;
    reads:
        a_position_is_kept_and_never_moves_back
        another_life_of_the_room_is_another_position
        people_and_rooms_have_positions_of_their_own
        of_very_many_rooms_the_latest_are_kept;
}
