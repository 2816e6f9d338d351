//! How things are written on the page: messages, addresses, times and counts.

mod address;
mod big;
mod drawn;
mod mention;
mod plain;
mod time;

pub use address::{message_path, qr_path, room_path};
pub use big::is_big;
pub use drawn::drawn;
pub use mention::pieces;
pub use plain::is_plain;
pub use time::{Day, clock, date, iso};

/// "1 message", "2 messages".
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// "Ana", "Ana and Rui", "Ana, Rui and 3 others".
pub fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [one, two, three] => format!("{one}, {two} and {three}"),
        [one, two, rest @ ..] => format!("{one}, {two} and {} others", rest.len()),
    }
}
