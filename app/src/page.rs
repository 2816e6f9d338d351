//! What the server decided to show. It travels inside the HTML, so that the browser starts from the very same data.

use miniserde::Deserialize;
use protocol::{Event, Head, NameProblem, User};
use serde::Serialize;

use crate::preferences::{Language, Theme};
pub use crate::text::Words;

/// One of the pages.
#[derive(Clone, Debug)]
pub enum Page {
    /// Name and room, please.
    SignIn(SignInPage),
    /// A room with its latest messages.
    Room(Box<RoomPage>),
    /// What the reader would like to change, which cannot be as it is.
    Settings(SettingsPage),
    /// Something is wrong, and what to do about it.
    Error(ErrorPage),
}

/// The sign-in form as it should be filled in.
#[derive(Clone, Debug, Default)]
pub struct SignInPage {
    /// What was typed as the name.
    pub name: String,
    /// What was typed as the room, or the room that was asked for.
    pub room: String,
    /// FailureReason the last try failed.
    pub problem: Option<SignInProblem>,
    /// A message that could not be posted because the session was over. It would be lost with the page.
    pub unsent: Option<String>,
}

/// FailureReason somebody is not let in.
#[derive(Clone, Copy, Debug)]
pub enum SignInProblem {
    /// That is no name for a person.
    Name(NameProblem),
    /// That is no name for a room.
    Room(NameProblem),
    /// The session that they had is over.
    SessionOver,
}

/// The settings as their form should be filled in.
#[derive(Clone, Debug)]
pub struct SettingsPage {
    /// The name, if there is a session that it belongs to.
    pub name: Option<String>,
    /// What is wrong with the name.
    pub problem: Option<NameProblem>,
    /// The language that is chosen.
    pub language: Option<Language>,
    /// The theme that is chosen.
    pub theme: Theme,
    /// The room to come back to, or nothing.
    pub room: String,
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
    /// All that the page says, in the reader's language.
    pub words: Words,
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
pub struct ErrorPage {
    /// What happened.
    pub error: PageError,
    /// Where to go on: the address to try again, or `/`.
    pub link: String,
    /// A message that could not be posted for it.
    pub unsent: Option<String>,
}

/// What may be wrong with a page.
#[derive(Clone, Copy, Debug)]
pub enum PageError {
    /// There is no connection to the server.
    Offline,
    /// Another site posted a form here.
    ForeignForm,
    /// There is nothing at this address.
    NotFound,
    /// That is no name for a room.
    InvalidRoomName(NameProblem),
    /// Too many rooms were opened in a short time.
    TooManyRooms,
    /// The history does not answer.
    Unreachable,
}
