//! How things are written on the page: messages, addresses, times and counts.

mod address;
mod big;
mod drawn;
mod mention;
#[cfg(any(feature = "hydrate", test))]
mod news;
mod plain;
mod refusal;
#[cfg(feature = "ssr")]
mod spoken;
mod time;
mod words;

pub use address::{message_path, qr_path, room_path};
pub use big::is_big;
pub use drawn::drawn;
pub use mention::pieces;
#[cfg(feature = "hydrate")]
pub use news::news;
pub use plain::is_plain;
#[cfg(feature = "ssr")]
pub use spoken::of_user;
pub use time::{Day, clock, date, iso};
pub use words::{Words, number};

/// "Ana", "Ana and Rui", "Ana, Rui and 3 others".
pub fn listed(names: &[String], words: Words) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [one, two] => words.two(one, two),
        [one, two, three] => words.three(one, two, three),
        [one, two, rest @ ..] => words.many(one, two, &number(rest.len() as u64)),
    }
}
