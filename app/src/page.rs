//! The data of a page. The server serializes a room's data into the HTML, so that the browser hydrates from the same
//! data.

use client::Snapshot;
use miniserde::Deserialize;
use protocol::{Event, Head, NameProblem, User};
use serde::Serialize;

use crate::preferences::{Language, Theme};
pub use crate::text::Words;

/// A page to render.
#[derive(Clone, Debug)]
pub enum Page {
    /// The sign-in form.
    SignIn(SignInPage),
    /// A room with its latest messages.
    Room(Box<RoomPage>),
    /// The settings form, shown as a page because a value was invalid.
    Settings(SettingsPage),
    /// An error and how to continue.
    Error(ErrorPage),
}

/// Initial values of the sign-in form.
#[derive(Clone, Debug, Default)]
pub struct SignInPage {
    /// The name field.
    pub name: String,
    /// The room field: what was typed, or the room of the requested address.
    pub room: String,
    /// Why the last attempt failed.
    pub problem: Option<SignInProblem>,
    /// A message that was not posted because the session had expired. The page shows it, or it would be lost.
    pub unsent: Option<String>,
}

/// Why a sign-in failed.
#[derive(Clone, Copy, Debug)]
pub enum SignInProblem {
    /// The name is invalid.
    Name(NameProblem),
    /// The room name is invalid.
    Room(NameProblem),
    /// The session has expired.
    SessionOver,
}

/// Initial values of the settings form.
#[derive(Clone, Debug)]
pub struct SettingsPage {
    /// The user's name, if there is a session.
    pub name: Option<String>,
    /// Why the name is invalid.
    pub problem: Option<NameProblem>,
    /// The chosen language; `None` follows the browser.
    pub language: Option<Language>,
    /// The chosen theme.
    pub theme: Theme,
    /// The room to return to; may be empty.
    pub room: String,
}

/// A room at the time of rendering.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RoomPage {
    /// The signed-in user.
    pub me: User,
    /// The room's name.
    pub room: String,
    /// The room's epoch.
    pub epoch: String,
    /// The latest events, oldest first.
    pub events: Vec<Event>,
    /// The room's head.
    pub head: Head,
    /// The listed people in the room. Large rooms list only some.
    pub people: Vec<User>,
    /// How many people are in the room.
    pub count: u64,
    /// The seq of the user's read marker, if known.
    pub read: Option<u64>,
    /// The id of a message posted by the plain form. It makes a repeated submission idempotent.
    pub message_id: String,
    /// A message that the plain form could not post: its text and the reason.
    pub rejected: Option<(String, String)>,
    /// The texts of the page in the user's language.
    pub words: Words,
}

impl RoomPage {
    /// The room as a snapshot for the client.
    pub(crate) fn into_snapshot(self) -> Snapshot {
        let Self { epoch, events, head, people, count, read, .. } = self;
        Snapshot { epoch, events, head, people, count, read }
    }

    /// Serializes the page for the HTML.
    pub(crate) fn encode(&self) -> String {
        serde_json::to_string(self).expect("a page has only strings and numbers, so it always encodes")
    }

    /// Reads a page that [`Self::encode`] wrote; `None` if it is invalid.
    pub(crate) fn decode(text: &str) -> Option<Box<Self>> {
        miniserde::json::from_str(text).ok().map(Box::new)
    }
}

/// A page that reports an error.
#[derive(Clone, Debug)]
pub struct ErrorPage {
    /// What happened.
    pub error: PageError,
    /// Target of the link to continue: the address to retry, or `/`.
    pub link: String,
    /// A message that was not posted because of the error.
    pub unsent: Option<String>,
}

/// Why a page cannot be shown.
#[derive(Clone, Copy, Debug)]
pub enum PageError {
    /// The server is unreachable. The service worker shows this page.
    Offline,
    /// A form was submitted from another origin.
    ForeignForm,
    /// The address does not exist.
    NotFound,
    /// The room name is invalid.
    InvalidRoomName(NameProblem),
    /// The user opened too many rooms in a short time.
    TooManyRooms,
    /// The history could not be read.
    HistoryUnavailable,
}
