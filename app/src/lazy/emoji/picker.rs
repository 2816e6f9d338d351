use std::cell::RefCell;

use emojis::{Emoji, Group, SkinTone};
use leptos::{
    ev, html,
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{Element, HtmlInputElement},
};

use super::search::{find, toned};
use crate::{
    browser::has_physical_keyboard,
    lazy::{
        draw_for_good,
        place::{close, open_beside},
        room, said, step_focus,
    },
    state::Chat,
};

/// As the style sheet lays them out.
const COLUMNS: i32 = 8;

/// What is kept of the person's choices.
const TONE: &str = "tone";

/// In the order of the tones.
const TONE_NAMES: [&str; 3] = [
    "Without, Light, Medium light, Medium, Medium dark, Dark",
    "Sem tom, Claro, Médio claro, Médio, Médio escuro, Escuro",
    "Sin tono, Claro, Medio claro, Medio, Medio oscuro, Oscuro",
];

/// In the order of Unicode's groups.
const GROUP_NAMES: [&str; 3] = [
    "Smileys, People, Animals and nature, Food and drink, Travel and places, Activities, Objects, Symbols, Flags",
    "Carinhas, Pessoas, Animais e natureza, Comida e bebida, Viagens e lugares, Atividades, Objetos, Símbolos, Bandeiras",
    "Caritas, Personas, Animales y naturaleza, Comida y bebida, Viajes y lugares, Actividades, Objetos, Símbolos, Banderas",
];

/// In the order of their names.
const TONES: [(SkinTone, &str); 6] = [
    (SkinTone::Default, "🖐"),
    (SkinTone::Light, "🖐🏻"),
    (SkinTone::MediumLight, "🖐🏼"),
    (SkinTone::Medium, "🖐🏽"),
    (SkinTone::MediumDark, "🖐🏾"),
    (SkinTone::Dark, "🖐🏿"),
];

thread_local! {
    /// There is one, whatever it is opened for.
    static PICKER: RefCell<Option<Picker>> = const { RefCell::new(None) };
}

/// All emoji, to choose one from.
#[derive(Clone, Copy)]
pub struct Picker {
    chat: Chat,
    query: RwSignal<String>,
    tone: RwSignal<usize>,
    then: StoredValue<Option<Callback<String>>>,
    sheet: NodeRef<html::Div>,
}

impl Picker {
    /// Opens it next to `anchor`.
    pub fn open(chat: Chat, anchor: &Element, then: Callback<String>) {
        let Some(room) = room() else { return };
        let picker = PICKER.with_borrow_mut(|picker| *picker.get_or_insert_with(|| Self::new(chat, &room)));
        picker.query.set(String::new());
        picker.then.set_value(Some(then));
        // A keyboard on the screen would cover what there is to choose.
        open_beside(picker.sheet, anchor.clone(), if has_physical_keyboard() { "input" } else { ".picker-list" });
    }

    fn new(chat: Chat, room: &Element) -> Self {
        let kept = chat.stored_choice(TONE).and_then(|tone| tone.parse().ok());
        let make = || Self {
            chat,
            query: RwSignal::new(String::new()),
            tone: RwSignal::new(kept.unwrap_or(0)),
            then: StoredValue::new(None),
            sheet: NodeRef::new(),
        };
        draw_for_good(room, make, |picker| view! { <Choice picker /> })
    }

    fn choose(self, emoji: &str) {
        close(self.sheet);
        if let Some(then) = self.then.get_value() {
            then.run(emoji.to_owned());
        }
    }

    fn skin(self) -> SkinTone {
        TONES.get(self.tone.get()).map_or(SkinTone::Default, |(tone, ..)| *tone)
    }
}

#[component]
fn Choice(picker: Picker) -> impl IntoView {
    let words = picker.chat.words;
    let search = said(words, ["Search emoji", "Buscar emoji (em inglês)", "Buscar emoji (en inglés)"]);
    let choose_first = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let tone = untrack(|| picker.skin());
        if let Some(emoji) = picker.query.with_untracked(|query| find(query).next()) {
            picker.choose(toned(emoji, tone));
        }
    };
    view! {
        <div
            class="picker"
            popover="auto"
            role="dialog"
            aria-label=words.emoji()
            node_ref=picker.sheet
            on:keydown=move |event| walk(&event)
        >
            <form class="picker-search" on:submit=choose_first>
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
        let choose = move |_| {
            picker.tone.set(index);
            picker.chat.store_choice(TONE, &index.to_string());
        };
        view! {
            <button
                type="button"
                class="emoji"
                title=name
                aria-label=name
                aria-pressed=move || if picker.tone.get() == index { "true" } else { "false" }
                on:click=choose
            >
                {emoji}
            </button>
        }
    };
    view! {
        <div class="picker-tones" role="group" aria-label=said(picker.chat.words, ["Skin tone", "Tom de pele", "Tono de piel"])>
            {TONES.into_iter().zip(said(picker.chat.words, TONE_NAMES).split(", ")).enumerate().map(tone).collect_view()}
        </div>
    }
}

/// By groups, or what was searched for.
fn list(picker: Picker, query: &str) -> AnyView {
    if query.trim().is_empty() {
        let group = |(group, name): (Group, &'static str)| view! { <h2>{name}</h2> {grid(picker, group.emojis())} };
        return Group::iter()
            .zip(said(picker.chat.words, GROUP_NAMES).split(", "))
            .map(group)
            .collect_view()
            .into_any();
    }
    let mut found = find(query).peekable();
    if found.peek().is_none() {
        return view! { <p class="picker-none" role="status">{said(picker.chat.words, ["No emoji has that name.", "Nenhum emoji tem esse nome.", "Ningún emoji se llama así."])}</p> }.into_any();
    }
    grid(picker, found).into_any()
}

fn grid(picker: Picker, emojis: impl Iterator<Item = &'static Emoji>) -> impl IntoView {
    let tone = picker.skin();
    let button = |emoji: &'static Emoji| {
        let toned = toned(emoji, tone);
        view! {
            <button
                type="button"
                class="emoji"
                tabindex="-1"
                title=emoji.name()
                aria-label=emoji.name()
                on:click=move |_| picker.choose(toned)
            >
                {toned}
            </button>
        }
    };
    // The names are.
    view! { <div class="picker-grid" lang="en">{emojis.map(button).collect_view()}</div> }
}

/// Arrows lead from the search into the emoji, and among them.
fn walk(event: &ev::KeyboardEvent) {
    let is_written = event.target().is_some_and(|target| target.has_type::<HtmlInputElement>());
    let step = match event.key().as_str() {
        "ArrowDown" => COLUMNS,
        // In the text of the search.
        _ if is_written => return,
        "ArrowUp" => -COLUMNS,
        "ArrowRight" => 1,
        "ArrowLeft" => -1,
        _ => return,
    };
    if step_focus(".picker-grid button", step) {
        event.prevent_default();
    }
}
