//! The parts of the pages, a file for each.

pub mod avatar;
pub mod banner;
pub mod body;
pub mod composer;
pub mod deeds;
pub mod drafts;
pub mod drawn;
pub mod header;
pub mod help;
pub mod message;
pub mod moment;
pub mod notices;
pub mod panel;
pub mod part;
pub mod people;
pub mod reactions;
pub mod rooms;
pub mod scroll;
pub mod status;
pub mod timeline;
pub mod timeline_top;
