use leptos::{
    ev,
    prelude::*,
    wasm_bindgen::{JsCast, closure::Closure},
    web_sys::{AddEventListenerOptions, Event, HtmlTextAreaElement, KeyboardEvent},
};

use super::word::Word;
use crate::{
    lazy::{draw_for_good, find_emoji, insert, run_or_toast, said},
    state::Chat,
};

/// As many as are offered at once.
const MOST: usize = 8;

/// What is offered above a field.
#[derive(Clone, Copy)]
pub struct List {
    chat: Chat,
    field: StoredValue<HtmlTextAreaElement, LocalStorage>,
    /// What would be put into the text, and what is shown of it.
    offers: RwSignal<Vec<(String, String)>>,
    chosen: RwSignal<usize>,
    /// How many UTF-16 units before the caret it would take the place of.
    length: StoredValue<u32>,
    /// Where the caret was then.
    caret: StoredValue<u32>,
    /// Emoji that were found.
    emoji: RwSignal<Vec<(String, String)>>,
}

impl List {
    /// Offers what completes the words of a field, for as long as the page lives.
    pub fn attach(chat: Chat, field: HtmlTextAreaElement) {
        let Some(form) = field.closest("form").ok().flatten() else { return };
        let make = || Self {
            chat,
            field: StoredValue::new_local(field.clone()),
            offers: RwSignal::new(Vec::new()),
            chosen: RwSignal::new(0),
            length: StoredValue::new(0),
            caret: StoredValue::new(0),
            emoji: RwSignal::new(Vec::new()),
        };
        let list = draw_for_good(&form, make, |list| view! { <Offers list /> });
        for (name, value) in [("aria-autocomplete", "list"), ("aria-controls", "completion")] {
            _ = field.set_attribute(name, value);
        }
        listen(&field, "input", move |_| list.look());
        for moved in ["keyup", "click"] {
            listen(&field, moved, move |_| list.look_again());
        }
        listen(&field, "blur", move |_| list.close());
        listen(&field, "keydown", move |event| list.press(&event));
        list.look();
    }

    /// The same where the caret was moved without a change of the text.
    fn look_again(self) {
        if self.field.with_value(caret) != self.caret.get_value() {
            self.look();
        }
    }

    /// Offers what fits to the word before the caret.
    fn look(self) {
        self.caret.set_value(self.field.with_value(caret));
        let Some(word) = self.field.with_value(|field| Word::at_end_of(&before_caret(field))) else {
            return self.close();
        };
        self.length.set_value(word.length());
        match word {
            Word::Name(word) => self.offer(self.names(&word)),
            Word::Emoji(word) | Word::Shortcode(word) => run_or_toast(self.chat, find_emoji(word, self.emoji)),
        }
    }

    /// The people of the room, and who spoke in it, whose name begins so.
    fn names(self, word: &str) -> Vec<(String, String)> {
        let Some(room) = self.chat.room_untracked() else { return Vec::new() };
        let word = word.to_lowercase();
        let mut names: Vec<String> =
            room.people.with_untracked(|people| people.iter().map(|user| user.name.clone()).collect());
        room.rows.with_untracked(|lines| names.extend(lines.iter().rev().map(|line| line.author.name.clone())));
        let mut offers = Vec::<(String, String)>::new();
        for name in names.into_iter().filter(|name| name.to_lowercase().starts_with(&word)) {
            if offers.len() < MOST && offers.iter().all(|(_, known)| *known != name) {
                offers.push((format!("@{name} "), name));
            }
        }
        offers
    }

    fn offer_emoji(self, found: Vec<(String, String)>) {
        let word = self.field.with_value(|field| Word::at_end_of(&before_caret(field)));
        match word {
            Some(Word::Shortcode(code)) => {
                // Written in full, it is one.
                if let Some((emoji, _)) = found.iter().find(|(_, known)| *known == code) {
                    self.put(emoji);
                }
            }
            Some(Word::Emoji(_)) => {
                self.offer(
                    found.into_iter().map(|(emoji, code)| (emoji.clone(), format!("{emoji} :{code}:"))).collect(),
                );
            }
            Some(Word::Name(_)) | None => {}
        }
    }

    fn offer(self, offers: Vec<(String, String)>) {
        self.chosen.set(0);
        self.offers.set(offers);
        self.tell_field();
    }

    fn close(self) {
        if !self.offers.with_untracked(Vec::is_empty) {
            self.offer(Vec::new());
        }
    }

    fn put(self, text: &str) {
        let length = self.length.get_value();
        self.close();
        self.field.with_value(|field| insert(field, length, text));
    }

    fn press(self, event: &Event) {
        let (Some(event), count) = (event.dyn_ref::<KeyboardEvent>(), self.offers.with_untracked(Vec::len)) else {
            return;
        };
        if count == 0 || event.is_composing() {
            return;
        }
        let chosen = self.chosen.get_untracked();
        match event.key().as_str() {
            "ArrowDown" => self.choose((chosen + 1) % count),
            "ArrowUp" => self.choose((chosen + count - 1) % count),
            "Enter" | "Tab" => self.take(chosen),
            "Escape" => self.close(),
            _ => return,
        }
        // It is no key of the composer then.
        event.prevent_default();
        event.stop_immediate_propagation();
    }

    fn choose(self, index: usize) {
        self.chosen.set(index);
        self.tell_field();
    }

    fn take(self, index: usize) {
        if let Some((text, _)) = self.offers.with_untracked(|offers| offers.get(index).cloned()) {
            self.put(&text);
        }
    }

    fn tell_field(self) {
        let active = (!self.offers.with_untracked(Vec::is_empty)).then(|| id(self.chosen.get_untracked()));
        self.field.with_value(|field| {
            _ = match active {
                Some(id) => field.set_attribute("aria-activedescendant", &id),
                None => field.remove_attribute("aria-activedescendant"),
            };
        });
    }
}

#[component]
fn Offers(list: List) -> impl IntoView {
    Effect::new(move || list.offer_emoji(list.emoji.get()));
    let offer = move |(index, (_, label)): (usize, (String, String))| {
        // Before the field loses the focus.
        let take = move |event: ev::MouseEvent| {
            event.prevent_default();
            list.take(index);
        };
        view! {
            <li
                id=id(index)
                role="option"
                dir="auto"
                aria-selected=move || if list.chosen.get() == index { "true" } else { "false" }
                on:mousedown=take
            >
                {label}
            </li>
        }
    };
    view! {
        <ul id="completion" class="completion" role="listbox" aria-label=said(list.chat.words, ["Suggestions", "Sugestões", "Sugerencias"]) hidden=move || list.offers.with(Vec::is_empty)>
            {move || list.offers.get().into_iter().enumerate().map(offer).collect_view()}
        </ul>
    }
}

fn id(index: usize) -> String {
    format!("completion-{index}")
}

fn caret(field: &HtmlTextAreaElement) -> u32 {
    field.selection_start().ok().flatten().unwrap_or_default()
}

fn before_caret(field: &HtmlTextAreaElement) -> String {
    leptos::web_sys::js_sys::JsString::from(field.value()).substring(0, caret(field)).into()
}

/// Listens before the page does.
fn listen(field: &HtmlTextAreaElement, event: &str, then: impl Fn(Event) + 'static) {
    let listener = Closure::<dyn Fn(Event)>::new(then).into_js_value();
    let options = AddEventListenerOptions::new();
    options.set_capture(true);
    _ = field.add_event_listener_with_callback_and_add_event_listener_options(
        event,
        listener.unchecked_ref(),
        &options,
    );
}
