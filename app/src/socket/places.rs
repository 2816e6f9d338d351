//! Going from room to room without loading a page, and the browser's history of it.

use leptos::{ev, leptos_dom::logging::console_error, prelude::*};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{HtmlElement, js_sys::decode_uri_component};

use super::{driver::Driver, with_driver};
use crate::{
    state::{Action, Chat},
    text::{message_path, room_path},
};

/// Keeps the address bar's buttons and the window's title and icon right.
pub fn follow(chat: Chat) {
    settle_address(&chat.current.get_untracked());
    seek(chat);
    _ = window_event_listener(ev::popstate, move |_| match room_of_address() {
        Some(room) => {
            look_at(chat, &room);
            if message_of_address().is_none() {
                chat.to_end.set(());
            }
            seek(chat);
        }
        None => load(&window().location().pathname().unwrap_or_default()),
    });
    Effect::new(move || {
        let room = chat.current.get();
        let title = match chat.unread() {
            0 => format!("{room} · Sala"),
            unread => format!("({unread}) {room} · Sala"),
        };
        document().set_title(&title);
        let icon = if chat.unread() > 0 { "/favicon-unread.svg" } else { "/favicon.svg" };
        if let Ok(Some(link)) = document().query_selector("link[rel=icon]") {
            _ = link.set_attribute("href", icon);
        }
    });
}

/// Goes to a room, and enters it first if need be.
pub fn enter(chat: Chat, room: &str) {
    go(chat, room, push);
}

/// The same, with a note of its address in the browser's history.
fn go(chat: Chat, room: &str, note: fn(&str) -> Result<(), JsValue>) {
    let path = room_path(room);
    let is_here = chat.current.with_untracked(|current| current == room);
    // A connection that was given up joins nothing: the server's page says what is wrong.
    if with_driver(|driver| driver.is_stopped()).unwrap_or(true) || (!is_here && note(&path).is_err()) {
        return load(&path);
    }
    look_at(chat, room);
}

/// Leaves a room, and goes to another one if it was on the screen.
pub fn leave(chat: Chat, room: &str) {
    let is_here = chat.current.with_untracked(|current| current == room);
    let neighbour = with_driver(|driver| driver.neighbour(room)).flatten();
    // First, since it makes room for the other one where somebody is in as many as they may be.
    with_driver(|driver| driver.leave(room));
    match neighbour {
        // The way back does not lead into the room again.
        Some(neighbour) if is_here => go(chat, &neighbour, replace),
        Some(_) => {}
        None => load("/"),
    }
}

/// Goes to a message of the room on the screen.
pub fn go_to(chat: Chat, seq: u64) {
    let path = message_path(&chat.current.get_untracked(), seq);
    if message_of_address().is_none_or(|at| at.parse() != Ok(seq)) && push(&path).is_err() {
        return load(&path);
    }
    with_driver(|driver| driver.seek_for(seq));
}

fn look_at(chat: Chat, room: &str) {
    close_all();
    let is_here = chat.current.with_untracked(|current| current == room);
    with_driver(|driver| {
        driver.open(room, None);
        if !is_here {
            driver.enter(room);
        }
    });
    chat.current.set(room.to_owned());
    with_driver(Driver::come_back);
}

/// Goes to the message that the address bar names.
fn seek(chat: Chat) {
    match message_of_address().map(|at| at.parse()) {
        None => {}
        Some(Ok(seq)) => chat.act(Action::GoTo(seq)),
        Some(Err(_)) => chat.tell(chat.words.no_message_link()),
    }
}

/// The reader is at the latest message, so that the address names the room alone.
pub fn catch_up(room: &str) {
    if message_of_address().is_some() {
        _ = replace(&room_path(room));
    }
}

/// The answer to a posted form has the form's address, which leads nowhere when it is loaded again.
fn settle_address(room: &str) {
    if room_of_address().as_deref() != Some(room) {
        _ = replace(&room_path(room));
    }
}

fn replace(path: &str) -> Result<(), JsValue> {
    window().history()?.replace_state_with_url(&JsValue::NULL, "", Some(path))
}

fn push(path: &str) -> Result<(), JsValue> {
    window().history()?.push_state_with_url(&JsValue::NULL, "", Some(path))
}

fn load(path: &str) {
    if window().location().assign(path).is_err() {
        console_error("the browser does not go to another page");
    }
}

/// The room that the address bar names: the reverse of [`room_path`].
fn room_of_address() -> Option<String> {
    let location = window().location();
    let (path, query) = (location.pathname().ok()?, location.search().ok()?);
    let name = path.strip_prefix("/r/").or_else(|| query.strip_prefix("?room=")?.split('&').next())?;
    decode_uri_component(name).ok().map(String::from)
}

/// What the address bar says of a message: the reverse of [`message_path`].
fn message_of_address() -> Option<String> {
    let query = window().location().search().ok()?;
    query.split(['?', '&']).find_map(|part| part.strip_prefix("at=")).map(str::to_owned)
}

/// The choice is made: the room comes to the front, and nothing is left open that was about another one.
fn close_all() {
    while let Ok(Some(open)) = document().query_selector(":popover-open")
        && let Ok(open) = open.dyn_into::<HtmlElement>()
        && open.hide_popover().is_ok()
    {}
}
