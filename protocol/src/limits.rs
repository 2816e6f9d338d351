//! Limits that both sides must agree on. Lengths of names and texts are in Unicode scalar values.

/// Longest name of a room.
pub const ROOM_NAME: usize = 64;
/// Longest name of a person.
pub const USER_NAME: usize = 32;
/// Longest text of a message.
pub const TEXT: usize = 4_000;
/// Longest id that a client may give to a command, in bytes.
pub const MESSAGE_ID: usize = 64;
/// Longest emoji of a reaction, in bytes.
pub const EMOJI: usize = 64;
/// Longest quote of the message that a reply refers to.
pub const QUOTE: usize = 140;
/// Largest frame that a client may send, in bytes.
pub const FRAME: usize = 16_384;
/// Largest `seq` of an event: the largest integer that every JSON parser represents exactly.
pub const SEQ: u64 = (1 << 53) - 1;
/// Messages in the first page of a room, and events in a page of history without a `limit`.
pub const PAGE: usize = 50;
/// Most events in the latest page of a room, which reaches back until it has [`PAGE`] messages.
pub const LATEST_PAGE: usize = 256;
/// Most events in one answer to `history`.
pub const HISTORY_PAGE: usize = 100;
/// Most people that are listed by name. A larger room sends its count and a part of the list.
pub const PEOPLE: usize = 200;
