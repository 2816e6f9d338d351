use std::cell::RefCell;

use emojis::{Emoji, Group, SkinTone};
use leptos::{
    ev, html,
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{Element, HtmlInputElement},
};

use super::search::{find, with_skin_tone};
use crate::{
    browser::has_physical_keyboard,
    lazy::{
        main_landmark, mount_permanently, move_focus,
        popover::{close_popover, open_popover},
    },
    state::Chat,
    text::words,
};

/// The columns of the grid, as in the style sheet.
const COLUMNS: i32 = 8;

/// The key under which the browser stores the skin tone.
const TONE_KEY: &str = "tone";

/// The skin tones, each with an example.
const TONES: [(SkinTone, &str); 6] = [
    (SkinTone::Default, "🖐"),
    (SkinTone::Light, "🖐🏻"),
    (SkinTone::MediumLight, "🖐🏼"),
    (SkinTone::Medium, "🖐🏽"),
    (SkinTone::MediumDark, "🖐🏾"),
    (SkinTone::Dark, "🖐🏿"),
];

thread_local! {
    /// The picker, once it has been opened. One serves all fields and messages.
    static PICKER: RefCell<Option<Picker>> = const { RefCell::new(None) };
}

/// A popover with all emoji.
#[derive(Clone, Copy)]
pub struct Picker {
    chat: Chat,
    query: RwSignal<String>,
    tone: RwSignal<usize>,
    on_pick: StoredValue<Option<Callback<String>>>,
    popover: NodeRef<html::Div>,
}

impl Picker {
    /// Opens the picker next to `anchor`, and passes the chosen emoji to `on_pick`.
    pub fn open(chat: Chat, anchor: &Element, on_pick: Callback<String>) {
        let Some(parent) = main_landmark() else { return };
        let picker = PICKER.with_borrow_mut(|picker| *picker.get_or_insert_with(|| Self::new(chat, &parent)));
        picker.query.set(String::new());
        picker.on_pick.set_value(Some(on_pick));
        // Focusing the search would open an on-screen keyboard, which covers the emoji.
        open_popover(picker.popover, anchor.clone(), if has_physical_keyboard() { "input" } else { ".picker-list" });
    }

    fn new(chat: Chat, parent: &Element) -> Self {
        let stored_tone = chat.service.stored_choice(TONE_KEY).and_then(|tone| tone.parse().ok());
        let make = || Self {
            chat,
            query: RwSignal::new(String::new()),
            tone: RwSignal::new(stored_tone.unwrap_or(0)),
            on_pick: StoredValue::new(None),
            popover: NodeRef::new(),
        };
        mount_permanently(parent, make, |picker| view! { <PickerContent picker /> })
    }

    fn pick(self, emoji: &str) {
        close_popover(self.popover);
        if let Some(on_pick) = self.on_pick.get_value() {
            on_pick.run(emoji.to_owned());
        }
    }

    fn skin_tone(self) -> SkinTone {
        TONES.get(self.tone.get()).map_or(SkinTone::Default, |(tone, ..)| *tone)
    }
}

#[component]
fn PickerContent(picker: Picker) -> impl IntoView {
    let words = picker.chat.words;
    let search = words::emoji::search(words);
    let pick_first = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let tone = untrack(|| picker.skin_tone());
        if let Some(emoji) = picker.query.with_untracked(|query| find(query).next()) {
            picker.pick(with_skin_tone(emoji, tone));
        }
    };
    view! {
        <div
            class="picker"
            popover="auto"
            role="dialog"
            aria-label=words.emoji()
            node_ref=picker.popover
            on:keydown=move |event| handle_key(&event)
        >
            <form class="picker-search" on:submit=pick_first>
                <input
                    type="search"
                    aria-label=search
                    placeholder=search
                    autocomplete="off"
                    prop:value=move || picker.query.get()
                    on:input=move |event| picker.query.set(event_target_value(&event))
                />
            </form>
            <Tones picker />
            <div class="picker-list" role="group" aria-label=words.emoji() tabindex="0">
                {move || picker.query.with(|query| list(picker, query))}
            </div>
        </div>
    }
}

#[component]
fn Tones(picker: Picker) -> impl IntoView {
    let tone = move |(index, ((_, emoji), name)): (usize, ((SkinTone, &'static str), &'static str))| {
        let select = move |_| {
            picker.tone.set(index);
            picker.chat.service.store_choice(TONE_KEY, &index.to_string());
        };
        view! {
            <button
                type="button"
                class="emoji"
                title=name
                aria-label=name
                aria-pressed=move || if picker.tone.get() == index { "true" } else { "false" }
                on:click=select
            >
                {emoji}
            </button>
        }
    };
    view! {
        <div class="picker-tones" role="group" aria-label=words::emoji::skin_tone(picker.chat.words)>
            {TONES.into_iter().zip(words::emoji::skin_tones(picker.chat.words).split(", ")).enumerate().map(tone).collect_view()}
        </div>
    }
}

/// All emoji by group, or the results of the search.
fn list(picker: Picker, query: &str) -> AnyView {
    if query.trim().is_empty() {
        let group = |(group, name): (Group, &'static str)| view! { <h2>{name}</h2> {grid(picker, group.emojis())} };
        return Group::iter()
            .zip(words::emoji::groups(picker.chat.words).split(", "))
            .map(group)
            .collect_view()
            .into_any();
    }
    let mut found = find(query).peekable();
    if found.peek().is_none() {
        return view! { <p class="picker-none" role="status">{words::emoji::no_results(picker.chat.words)}</p> }
            .into_any();
    }
    grid(picker, found).into_any()
}

fn grid(picker: Picker, emojis: impl Iterator<Item = &'static Emoji>) -> impl IntoView {
    let tone = picker.skin_tone();
    let button = |emoji: &'static Emoji| {
        let emoji_in_tone = with_skin_tone(emoji, tone);
        view! {
            <button
                type="button"
                class="emoji"
                tabindex="-1"
                title=emoji.name()
                aria-label=emoji.name()
                on:click=move |_| picker.pick(emoji_in_tone)
            >
                {emoji_in_tone}
            </button>
        }
    };
    // The names are English in every language.
    view! { <div class="picker-grid" lang="en">{emojis.map(button).collect_view()}</div> }
}

/// Moves the focus with the arrow keys, from the search to the emoji and among them.
fn handle_key(event: &ev::KeyboardEvent) {
    let is_in_search = event.target().is_some_and(|target| target.has_type::<HtmlInputElement>());
    let step = match event.key().as_str() {
        "ArrowDown" => COLUMNS,
        // The other arrows move the caret in the search.
        _ if is_in_search => return,
        "ArrowUp" => -COLUMNS,
        "ArrowRight" => 1,
        "ArrowLeft" => -1,
        _ => return,
    };
    if move_focus(".picker-grid button", step) {
        event.prevent_default();
    }
}
