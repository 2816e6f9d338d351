//! The components of the room page, one per file.

pub mod avatar;
pub mod banner;
pub mod close_panel;
pub mod composer;
pub mod drafts;
pub mod header;
pub mod help;
pub mod message;
pub mod message_body;
pub mod message_handlers;
pub mod notices;
pub mod people;
pub mod rooms;
pub mod scroll;
pub mod status;
pub mod timeline;
pub mod timeline_header;
pub mod timestamp;
