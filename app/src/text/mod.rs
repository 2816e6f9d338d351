//! How things are written on the page: messages, addresses, times and counts.

mod address;
mod drawn;
#[cfg(any(feature = "hydrate", test))]
mod news;
mod refusal;
#[cfg(feature = "ssr")]
mod spoken;
mod time;
mod words;

#[cfg_attr(not(feature = "hydrate"), expect(unused_imports, reason = "only browsers lead there"))]
pub use address::message_path;
pub use address::{qr_path, room_path};
pub use drawn::drawn;
#[cfg(feature = "hydrate")]
pub use news::news;
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
