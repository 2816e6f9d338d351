//! How messages, names, addresses, times and counts are written on the page.

mod mentions;
mod message_text;
#[cfg(test)]
mod new_language;
mod paths;
mod presence;
mod problems;
mod time;
pub mod words;

#[cfg(feature = "hydrate")]
pub use presence::describe_presence_change;
#[cfg(feature = "ssr")]
pub use problems::user_name_problem;
pub use {
    mentions::split_mentions,
    message_text::{is_emoji_only, is_plain, normalize_for_html},
    paths::{message_path, qr_path, room_path},
    presence::list_names,
    time::{Day, date, iso_8601, time_of_day},
    words::{Language, Words, number},
};
