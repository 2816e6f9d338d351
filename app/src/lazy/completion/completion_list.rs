use leptos::{
    ev,
    prelude::*,
    wasm_bindgen::{JsCast, closure::Closure},
    web_sys::{AddEventListenerOptions, Event, HtmlTextAreaElement, KeyboardEvent},
};

use super::query::Query;
use crate::{
    lazy::{insert_at_caret, mount_permanently, run_or_toast, search_emoji},
    state::{Chat, RowWindow},
    text::words,
};

/// How many suggestions are shown at once.
const MAX_SUGGESTIONS: usize = 8;

/// The suggestions above a field.
#[derive(Clone, Copy)]
pub struct CompletionList {
    chat: Chat,
    field: StoredValue<HtmlTextAreaElement, LocalStorage>,
    /// The text to insert and the label of each suggestion.
    suggestions: RwSignal<Vec<(String, String)>>,
    selected: RwSignal<usize>,
    /// How many UTF-16 units before the caret a suggestion replaces.
    query_length: StoredValue<u32>,
    /// The caret's position at the last update.
    caret: StoredValue<u32>,
    /// The results of the emoji search, which is a chunk of its own.
    emoji: RwSignal<Vec<(String, String)>>,
}

impl CompletionList {
    /// Attaches a list of suggestions to a field, for as long as the page lives.
    pub fn attach(chat: Chat, field: HtmlTextAreaElement) {
        let Some(form) = field.closest("form").ok().flatten() else { return };
        let make = || Self {
            chat,
            field: StoredValue::new_local(field.clone()),
            suggestions: RwSignal::new(Vec::new()),
            selected: RwSignal::new(0),
            query_length: StoredValue::new(0),
            caret: StoredValue::new(0),
            emoji: RwSignal::new(Vec::new()),
        };
        let list = mount_permanently(&form, make, |list| view! { <Suggestions list /> });
        for (name, value) in [("aria-autocomplete", "list"), ("aria-controls", "completion")] {
            _ = field.set_attribute(name, value);
        }
        listen(&field, "input", move |_| list.update());
        for event in ["keyup", "click"] {
            listen(&field, event, move |_| list.update_if_caret_moved());
        }
        listen(&field, "blur", move |_| list.close());
        listen(&field, "keydown", move |event| list.handle_key(&event));
        list.update();
    }

    /// Updates the suggestions if the caret was moved without a change of the text.
    fn update_if_caret_moved(self) {
        if self.field.with_value(caret) != self.caret.get_value() {
            self.update();
        }
    }

    /// Shows the suggestions for the query before the caret.
    fn update(self) {
        self.caret.set_value(self.field.with_value(caret));
        let Some(query) = self.field.with_value(|field| Query::at_end_of(&before_caret(field))) else {
            return self.close();
        };
        self.query_length.set_value(query.length());
        match query {
            Query::Name(word) => self.show(self.matching_names(&word)),
            Query::Emoji(word) | Query::Shortcode(word) => run_or_toast(self.chat, search_emoji(word, self.emoji)),
        }
    }

    /// The names that start with `word`: of the people in the room, then of the authors of its messages.
    fn matching_names(self, word: &str) -> Vec<(String, String)> {
        let Some(room) = self.chat.room_untracked() else { return Vec::new() };
        let word = word.to_lowercase();
        let mut names: Vec<String> =
            room.people.with_untracked(|people| people.iter().map(|user| user.name.clone()).collect());
        let authors = |window: &RowWindow| names.extend(window.rows().iter().rev().map(|row| row.author.name.clone()));
        room.window.with_untracked(authors);
        let mut suggestions = Vec::<(String, String)>::new();
        for name in names.into_iter().filter(|name| name.to_lowercase().starts_with(&word)) {
            if suggestions.len() < MAX_SUGGESTIONS && suggestions.iter().all(|(_, known)| *known != name) {
                suggestions.push((format!("@{name} "), name));
            }
        }
        suggestions
    }

    fn show_emoji(self, found: Vec<(String, String)>) {
        // The caret may have moved while the search was being loaded.
        let query = self.field.with_value(|field| Query::at_end_of(&before_caret(field)));
        match query {
            Some(Query::Shortcode(code)) => {
                // A complete shortcode becomes its emoji at once.
                if let Some((emoji, _)) = found.iter().find(|(_, known)| *known == code) {
                    self.insert(emoji);
                }
            }
            Some(Query::Emoji(_)) => {
                self.show(
                    found.into_iter().map(|(emoji, code)| (emoji.clone(), format!("{emoji} :{code}:"))).collect(),
                );
            }
            Some(Query::Name(_)) | None => {}
        }
    }

    fn show(self, suggestions: Vec<(String, String)>) {
        self.selected.set(0);
        self.suggestions.set(suggestions);
        self.update_active_descendant();
    }

    fn close(self) {
        if !self.suggestions.with_untracked(Vec::is_empty) {
            self.show(Vec::new());
        }
    }

    fn insert(self, text: &str) {
        let length = self.query_length.get_value();
        self.close();
        self.field.with_value(|field| insert_at_caret(field, length, text));
    }

    fn handle_key(self, event: &Event) {
        let (Some(event), count) = (event.dyn_ref::<KeyboardEvent>(), self.suggestions.with_untracked(Vec::len)) else {
            return;
        };
        if count == 0 || event.is_composing() {
            return;
        }
        let selected = self.selected.get_untracked();
        match event.key().as_str() {
            "ArrowDown" => self.select((selected + 1) % count),
            "ArrowUp" => self.select((selected + count - 1) % count),
            "Enter" | "Tab" => self.accept(selected),
            "Escape" => self.close(),
            _ => return,
        }
        // Keeps the composer from handling the key too.
        event.prevent_default();
        event.stop_immediate_propagation();
    }

    fn select(self, index: usize) {
        self.selected.set(index);
        self.update_active_descendant();
    }

    fn accept(self, index: usize) {
        if let Some((text, _)) = self.suggestions.with_untracked(|suggestions| suggestions.get(index).cloned()) {
            self.insert(&text);
        }
    }

    fn update_active_descendant(self) {
        let active = (!self.suggestions.with_untracked(Vec::is_empty)).then(|| id(self.selected.get_untracked()));
        self.field.with_value(|field| {
            _ = match active {
                Some(id) => field.set_attribute("aria-activedescendant", &id),
                None => field.remove_attribute("aria-activedescendant"),
            };
        });
    }
}

#[component]
fn Suggestions(list: CompletionList) -> impl IntoView {
    Effect::new(move || list.show_emoji(list.emoji.get()));
    let suggestion = move |(index, (_, label)): (usize, (String, String))| {
        // On `mousedown`, because `click` would come after the field has lost the focus.
        let accept = move |event: ev::MouseEvent| {
            event.prevent_default();
            list.accept(index);
        };
        view! {
            <li
                id=id(index)
                role="option"
                dir="auto"
                aria-selected=move || if list.selected.get() == index { "true" } else { "false" }
                on:mousedown=accept
            >
                {label}
            </li>
        }
    };
    view! {
        <ul id="completion" class="completion" role="listbox" aria-label=words::completion::suggestions(list.chat.words) hidden=move || list.suggestions.with(Vec::is_empty)>
            {move || list.suggestions.get().into_iter().enumerate().map(suggestion).collect_view()}
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

/// Listens in the capture phase, before the composer.
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
