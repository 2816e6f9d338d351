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
pub fn start(chat: Chat) {
    replace_form_address(&chat.current_room.get_untracked());
    go_to_addressed_message(chat);
    _ = window_event_listener(ev::popstate, move |_| match addressed_room() {
        Some(room) => {
            show_room(chat, &room);
            if addressed_message().is_none() {
                chat.scroll_to_end.set(());
            }
            go_to_addressed_message(chat);
        }
        None => load_page(&window().location().pathname().unwrap_or_default()),
    });
    Effect::new(move || {
        let room = chat.current_room.get();
        let title = match chat.unread_total() {
            0 => format!("{room} · Sala"),
            unread => format!("({unread}) {room} · Sala"),
        };
        document().set_title(&title);
        let icon = if chat.unread_total() > 0 { "/favicon-unread.svg" } else { "/favicon.svg" };
        if let Ok(Some(link)) = document().query_selector("link[rel=icon]") {
            _ = link.set_attribute("href", icon);
        }
    });
}

/// Goes to a room, and enters it first if need be.
pub fn enter_room(chat: Chat, room: &str) {
    navigate(chat, room, push_state);
}

/// The same, with a note of its address in the browser's history.
fn navigate(chat: Chat, room: &str, update_history: fn(&str) -> Result<(), JsValue>) {
    let path = room_path(room);
    let is_here = chat.current_room.with_untracked(|current| current == room);
    // A connection that was given up joins nothing: the server's page says what is wrong.
    if with_driver(|driver| driver.is_stopped()).unwrap_or(true) || (!is_here && update_history(&path).is_err()) {
        return load_page(&path);
    }
    show_room(chat, room);
}

/// Leaves a room, and goes to another one if it was on the screen.
pub fn leave_room(chat: Chat, room: &str) {
    let is_here = chat.current_room.with_untracked(|current| current == room);
    let other_room = with_driver(|driver| driver.other_room(room)).flatten();
    // First, since it makes room for the other one where somebody is in as many as they may be.
    with_driver(|driver| driver.leave(room));
    match other_room {
        // The way back does not lead into the room again.
        Some(other_room) if is_here => navigate(chat, &other_room, replace_state),
        Some(_) => {}
        None => load_page("/"),
    }
}

/// Goes to a message of the room on the screen.
pub fn go_to_message(chat: Chat, seq: u64) {
    let path = message_path(&chat.current_room.get_untracked(), seq);
    if addressed_message().is_none_or(|at| at.parse() != Ok(seq)) && push_state(&path).is_err() {
        return load_page(&path);
    }
    with_driver(|driver| driver.set_scroll_target(seq));
}

fn show_room(chat: Chat, room: &str) {
    close_popovers();
    let is_here = chat.current_room.with_untracked(|current| current == room);
    with_driver(|driver| {
        driver.open(room, None);
        if !is_here {
            driver.show_room(room);
        }
    });
    chat.current_room.set(room.to_owned());
    with_driver(Driver::mark_current_room_read);
}

/// Goes to the message that the address bar names.
fn go_to_addressed_message(chat: Chat) {
    match addressed_message().map(|at| at.parse()) {
        None => {}
        Some(Ok(seq)) => chat.dispatch(Action::GoToMessage(seq)),
        Some(Err(_)) => chat.toast(chat.words.no_message_link()),
    }
}

/// The reader is at the latest message, so that the address names the room alone.
pub fn clear_message_address(room: &str) {
    if addressed_message().is_some() {
        _ = replace_state(&room_path(room));
    }
}

/// The answer to a posted form has the form's address, which leads nowhere when it is loaded again.
fn replace_form_address(room: &str) {
    if addressed_room().as_deref() != Some(room) {
        _ = replace_state(&room_path(room));
    }
}

fn replace_state(path: &str) -> Result<(), JsValue> {
    window().history()?.replace_state_with_url(&JsValue::NULL, "", Some(path))
}

fn push_state(path: &str) -> Result<(), JsValue> {
    window().history()?.push_state_with_url(&JsValue::NULL, "", Some(path))
}

fn load_page(path: &str) {
    if window().location().assign(path).is_err() {
        console_error("the browser does not go to another page");
    }
}

/// The room that the address bar names: the reverse of [`room_path`].
fn addressed_room() -> Option<String> {
    let location = window().location();
    let (path, query) = (location.pathname().ok()?, location.search().ok()?);
    let name = path.strip_prefix("/r/").or_else(|| query.strip_prefix("?room=")?.split('&').next())?;
    decode_uri_component(name).ok().map(String::from)
}

/// What the address bar says of a message: the reverse of [`message_path`].
fn addressed_message() -> Option<String> {
    let query = window().location().search().ok()?;
    query.split(['?', '&']).find_map(|part| part.strip_prefix("at=")).map(str::to_owned)
}

/// The choice is made: the room comes to the front, and nothing is left open that was about another one.
fn close_popovers() {
    while let Ok(Some(open)) = document().query_selector(":popover-open")
        && let Ok(open) = open.dyn_into::<HtmlElement>()
        && open.hide_popover().is_ok()
    {}
}
