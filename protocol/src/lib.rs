//! The wire contract of Sala, version [`SUBPROTOCOL`]: the types of everything that is sent over the socket.
//!
//! `docs/protocol.md` documents the contract. Programs outside this repository implement it, so it only grows by
//! optional fields and by frame types that an older peer may ignore.

mod client_frame;
mod close;
mod command;
mod cursor;
mod decode;
mod emoji;
mod error;
mod event;
pub mod limits;
mod message;
mod name;
mod server_frame;

pub use client_frame::{ClientFrame, DecodeError};
pub use close::{CloseCode, ClosePolicy};
pub use command::{Command, MessageRef};
pub use cursor::Cursor;
pub use emoji::check_emoji;
pub use error::{Error, RefusalCode};
pub use event::{Event, Kind, Reply, User};
pub use message::{MessageId, check_text};
pub use name::{NameProblem, RoomName, UserName};
pub use server_frame::{Head, Limits, Reason, ServerFrame};

/// The WebSocket subprotocol that both sides must name.
pub const SUBPROTOCOL: &str = "sala.v1";
