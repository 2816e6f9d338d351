//! Navigation between rooms and to messages without loading a page, with the browser's history.

use leptos::{ev, leptos_dom::logging::console_error, prelude::*};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{HtmlElement, js_sys::decode_uri_component};

use super::{driver::Driver, with_driver};
use crate::{
    state::{Action, Chat},
    text::{message_path, room_path},
};

/// Handles the browser's back and forward buttons, and keeps the title and the icon of the page current.
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

/// Navigates to a room. Opens it if necessary.
pub fn enter_room(chat: Chat, room: &str) {
    navigate(chat, room, push_state);
}

/// Navigates to a room, and updates the browser's history with `update_history`.
fn navigate(chat: Chat, room: &str, update_history: fn(&str) -> Result<(), JsValue>) {
    let path = room_path(room);
    let is_here = chat.current_room.with_untracked(|current| current == room);
    // A stopped client joins no room. The server's page shows the reason.
    if with_driver(|driver| driver.is_stopped()).unwrap_or(true) || (!is_here && update_history(&path).is_err()) {
        return load_page(&path);
    }
    show_room(chat, room);
}

/// Leaves a room. Navigates to another if it was the current one.
pub fn leave_room(chat: Chat, room: &str) {
    let is_here = chat.current_room.with_untracked(|current| current == room);
    let other_room = with_driver(|driver| driver.other_room(room)).flatten();
    // Leaves first, because a user at the limit of joined rooms could not join the other.
    with_driver(|driver| driver.leave(room));
    match other_room {
        // Replaces the history entry, so that the back button does not join the room again.
        Some(other_room) if is_here => navigate(chat, &other_room, replace_state),
        Some(_) => {}
        None => load_page("/"),
    }
}

/// Navigates to a message of the current room.
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

/// Navigates to the message in the address bar, if there is one.
fn go_to_addressed_message(chat: Chat) {
    match addressed_message().map(|at| at.parse()) {
        None => {}
        Some(Ok(seq)) => chat.dispatch(Action::GoToMessage(seq)),
        Some(Err(_)) => chat.toast(chat.words.no_message_link()),
    }
}

/// Removes the message from the address: the user is at the end of the room.
pub fn clear_message_address(room: &str) {
    if addressed_message().is_some() {
        _ = replace_state(&room_path(room));
    }
}

/// Replaces the address of a posted form, which cannot be reloaded, by the room's.
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
        console_error("the browser refused to load another page");
    }
}

/// Returns the room in the address bar. Inverse of [`room_path`].
fn addressed_room() -> Option<String> {
    let location = window().location();
    let (path, query) = (location.pathname().ok()?, location.search().ok()?);
    let name = path.strip_prefix("/r/").or_else(|| query.strip_prefix("?room=")?.split('&').next())?;
    decode_uri_component(name).ok().map(String::from)
}

/// Returns the message in the address bar, not validated. Inverse of [`message_path`].
fn addressed_message() -> Option<String> {
    let query = window().location().search().ok()?;
    query.split(['?', '&']).find_map(|part| part.strip_prefix("at=")).map(str::to_owned)
}

/// Closes open popovers, which cover the room or are about another one.
fn close_popovers() {
    while let Ok(Some(open)) = document().query_selector(":popover-open")
        && let Ok(open) = open.dyn_into::<HtmlElement>()
        && open.hide_popover().is_ok()
    {}
}
