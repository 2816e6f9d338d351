//! The components of the room page, one per file.

pub mod banner;
pub mod composer;
pub mod header;
pub mod message;
pub mod message_body;
pub mod message_handlers;
pub mod notices;
pub mod people;
pub mod rooms;
pub mod scroll;
pub mod timeline;
pub mod timeline_header;
