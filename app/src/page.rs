//! What the server decided to show. It travels inside the HTML, so that the browser starts from the very same data.

use miniserde::Deserialize;
use protocol::{Event, Head, User};
use serde::Serialize;

/// One of the pages.
#[derive(Clone, Debug)]
pub enum Page {
    /// Name and room, please.
    SignIn(SignIn),
    /// A room with its latest messages.
    Room(Box<RoomPage>),
    /// Something is wrong, and what to do about it.
    Problem(Problem),
}

/// The sign-in form as it should be filled in.
#[derive(Clone, Debug, Default)]
pub struct SignIn {
    /// What was typed as the name.
    pub name: String,
    /// What was typed as the room, or the room that was asked for.
    pub room: String,
    /// Why the last try failed, in a sentence.
    pub problem: Option<String>,
    /// A message that could not be posted because the session was over. It would be lost with the page.
    pub unsent: Option<String>,
}

/// A room at the moment it was rendered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RoomPage {
    /// Who is reading.
    pub me: User,
    /// The room's name.
    pub room: String,
    /// The room's present life.
    pub epoch: String,
    /// The latest events, oldest first.
    pub events: Vec<Event>,
    /// The room's last event.
    pub head: Head,
    /// Who is here, as far as they are listed.
    pub people: Vec<User>,
    /// How many are here.
    pub count: u64,
    /// Up to which number the reader has read, if that is known.
    pub read: Option<u64>,
    /// A fresh id for a message that is posted without JavaScript, so that posting it twice says it once.
    pub message_id: String,
    /// A message that could not be posted without JavaScript: its text, and why.
    pub rejected: Option<(String, String)>,
}

impl RoomPage {
    /// As it stands in the HTML.
    pub(crate) fn encode(&self) -> String {
        serde_json::to_string(self).expect("a page has only strings and numbers, so it always encodes")
    }

    /// `None` if it does not stand there as it was encoded.
    pub(crate) fn decode(text: &str) -> Option<Box<Self>> {
        miniserde::json::from_str(text).ok().map(Box::new)
    }
}

/// A page that cannot be shown.
#[derive(Clone, Debug)]
pub struct Problem {
    /// A few words.
    pub title: String,
    /// What happened and what to do.
    pub message: String,
    /// Where to go on: the address to try again, or `/`.
    pub link: String,
    /// What the link says.
    pub link_text: String,
    /// A message that could not be posted for it.
    pub unsent: Option<String>,
}
