use std::pin::Pin;

use leptos::{ev, html, prelude::*, wasm_bindgen::JsCast, web_sys::Element};

use super::part::{Part, PartState};
use crate::{
    lazy::{NotLoaded, list_shortcuts, switch_rooms},
    state::Chat,
};

/// The dialogs that keys open: the keyboard's shortcuts by `?`, and a button; another room by Ctrl+K or ⌘K, and the button beside
/// the rooms.
#[component]
pub fn Help() -> impl IntoView {
    let chat = Chat::here();
    let (switching, words) = (chat.switching, chat.words);
    let shortcuts = Sheet::new(|owner, place| Box::pin(list_shortcuts(owner, place)));
    let rooms = Sheet::new(|owner, place| Box::pin(switch_rooms(owner, place)));
    Effect::new(move |before: Option<()>| {
        switching.track();
        if before.is_some() {
            rooms.open();
        }
    });
    listen(shortcuts, rooms);
    view! {
        <button
            type="button"
            class="help-open"
            aria-label=words.shortcuts()
            aria-haspopup="dialog"
            on:click=move |_| shortcuts.open()
        >
            "?"
        </button>
        <Dialog sheet=shortcuts title=words.shortcuts() />
        <Dialog sheet=rooms title=words.go_to_room() />
    }
}

/// A dialog whose content is loaded when it is first opened. A copy is the same dialog.
#[derive(Clone, Copy)]
struct Sheet {
    dialog: NodeRef<html::Dialog>,
    place: NodeRef<html::Div>,
    part: Part,
    owner: StoredValue<Option<Owner>>,
    /// Draws the content.
    fill: fn(Owner, Element) -> Filling,
}

/// One type for all of them, so that browsers load the code once.
type Filling = Pin<Box<dyn Future<Output = Result<(), NotLoaded>>>>;

impl Sheet {
    fn new(fill: fn(Owner, Element) -> Filling) -> Self {
        let (dialog, place) = (NodeRef::new(), NodeRef::new());
        Self { dialog, place, part: Part::new(), owner: StoredValue::new(Owner::current()), fill }
    }

    fn open(self) {
        // One that is open already stays as it is.
        if self.dialog.get_untracked().is_some_and(|dialog| !dialog.open() && dialog.show_modal().is_ok()) {
            self.load();
        }
    }

    fn load(self) {
        if let (Some(owner), Some(place)) = (self.owner.get_value(), self.place.get_untracked()) {
            self.part.load((self.fill)(owner, place.into()));
        }
    }
}

#[component]
fn Dialog(sheet: Sheet, title: &'static str) -> impl IntoView {
    view! {
        <dialog class="help" aria-label=title node_ref=sheet.dialog>
            <form class="panel-head" method="dialog">
                <h2>{title}</h2>
                <button type="submit" class="panel-close" aria-label=Chat::here().words.close()>
                    <span aria-hidden="true">"×"</span>
                </button>
            </form>
            <div node_ref=sheet.place></div>
            <PartState part=sheet.part load=move || sheet.load() />
        </dialog>
    }
}

/// Listens for the keys, for as long as the page lives.
fn listen(shortcuts: Sheet, rooms: Sheet) {
    Effect::new(move || {
        _ = window_event_listener(ev::keydown, move |event| {
            let commands = event.ctrl_key() || event.meta_key();
            let sheet = match event.key().as_str() {
                "?" if !commands && !is_written(&event) => shortcuts,
                "k" if commands && !event.alt_key() && !event.shift_key() => rooms,
                _ => return,
            };
            event.prevent_default();
            sheet.open();
        });
    });
}

/// Whether the key goes into a text.
fn is_written(event: &ev::KeyboardEvent) -> bool {
    let field = |element: Element| element.closest("input, textarea, select, [contenteditable]").ok().flatten();
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    event.alt_key() || target.and_then(field).is_some()
}
