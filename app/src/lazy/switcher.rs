use leptos::{ev, html, prelude::*};

use super::{
    dialog::{self, Opened},
    part, said,
};
use crate::{
    browser::normalize_nfc,
    state::{Action, Chat, RoomState},
    text::{Words, number},
};

thread_local! {
    static DIALOG: Opened = const { Opened::new(None) };
}

part! {
    switcher,
    /// Opens the choice of the room to go to: an open one, or another.
    pub fn switch_rooms(chat: Chat) {
        dialog::open(&DIALOG, chat, chat.words.go_to_room(), || view! { <Switcher chat /> });
    }
}

/// Where one can go.
#[derive(Clone)]
enum Choice {
    Open(Box<RoomState>),
    New(String),
}

/// A field with the list of what fits (the combobox of the ARIA practices). The focus stays in the field.
#[component]
fn Switcher(chat: Chat) -> impl IntoView {
    let words = chat.words;
    let field = NodeRef::<html::Input>::new();
    let (filter, chosen) = (RwSignal::new(String::new()), RwSignal::new(0));
    let choices = move || filter.with(|filter| choices(chat, filter));
    let go = move |event: ev::SubmitEvent| match choices().into_iter().nth(chosen.get_untracked()) {
        // The form closes the dialog.
        Some(choice) => chat.dispatch(Action::EnterRoom(choice.name())),
        None => event.prevent_default(),
    };
    let begin = move |_| {
        filter.set(String::new());
        chosen.set(0);
        _ = field.get_untracked().map(|field| field.set_value(""));
    };
    let write = move |_| {
        filter.set(field.get_untracked().map(|field| field.value()).unwrap_or_default());
        chosen.set(0);
    };
    let pick = move |index| {
        chosen.set(index);
        _ = field.get_untracked().and_then(|field| field.form()).map(|form| form.request_submit());
    };
    Effect::new(move || _ = field.get().map(|field| field.focus()));
    keep_in_view(chosen);
    view! {
        <form class="switcher" method="dialog" on:submit=go>
            <input
                type="text"
                role="combobox"
                aria-label=said(words, ["Room", "Sala", "Sala"])
                aria-expanded="true"
                aria-controls="choices"
                aria-autocomplete="list"
                aria-activedescendant=move || (!choices().is_empty()).then(|| id_of(chosen.get()))
                placeholder=said(words, ["Find a room, or name a new one", "Procure uma sala ou dê nome a uma nova", "Busca una sala o ponle nombre a una nueva"])
                maxlength=2 * protocol::limits::ROOM_NAME
                autocomplete="off"
                autocapitalize="none"
                autofocus
                dir="auto"
                node_ref=field
                on:focus=begin
                on:input=write
                on:keydown=move |event| move_choice(&event, chosen, choices().len())
            />
            <ul id="choices" role="listbox" aria-label=words.rooms()>
                {move || choices().into_iter().enumerate().map(|(index, choice)| row(words, index, choice, chosen, pick)).collect_view()}
            </ul>
        </form>
    }
}

fn row(
    words: Words,
    index: usize,
    choice: Choice,
    chosen: RwSignal<usize>,
    pick: impl Fn(usize) + 'static,
) -> impl IntoView {
    let name = choice.name();
    let (label, marks) = match choice {
        Choice::Open(room) => (name, marks(&room, words)),
        Choice::New(_) => (
            [said(words, ["Open the room", "Abrir a sala", "Abrir la sala"]), " “", &name, "”"].concat(),
            String::new(),
        ),
    };
    view! {
        <li
            id=id_of(index)
            role="option"
            aria-selected=move || if chosen.get() == index { "true" } else { "false" }
            on:click=move |_| pick(index)
        >
            <span class="room-name" dir="auto">
                {label}
            </span>
            <span class="choice-marks">{marks}</span>
        </li>
    }
}

fn marks(room: &RoomState, words: Words) -> String {
    match (room.badge(), room.muted.get()) {
        ((0, _), true) => said(words, ["muted", "silenciada", "silenciada"]).to_owned(),
        ((0, _), false) => String::new(),
        ((_, 0), _) => words.new_messages(room.unread.get(), &number(room.unread.get())),
        ((_, mentions), _) => words.mentions(mentions, &number(mentions)),
    }
}

/// The open rooms whose names have what is written, then a new one of that name.
fn choices(chat: Chat, filter: &str) -> Vec<Choice> {
    let wanted = normalize_nfc(filter.trim());
    let small = wanted.to_ascii_lowercase();
    let mut choices: Vec<_> = chat.rooms.with(|rooms| {
        let fits = rooms.iter().filter(|room| room.name.to_ascii_lowercase().contains(&small));
        fits.cloned().map(|room| Choice::Open(Box::new(room))).collect()
    });
    if let Ok(name) = protocol::RoomName::new(&wanted)
        && chat.rooms.with(|rooms| rooms.iter().all(|room| room.name != name.as_str()))
    {
        choices.push(Choice::New(name.to_string()));
    }
    choices
}

impl Choice {
    fn name(&self) -> String {
        match self {
            Self::Open(room) => room.name.clone(),
            Self::New(name) => name.clone(),
        }
    }
}

fn id_of(index: usize) -> String {
    format!("choice-{index}")
}

/// The arrows lead through the list, around its ends.
fn move_choice(event: &ev::KeyboardEvent, chosen: RwSignal<usize>, count: usize) {
    let steps = match event.key().as_str() {
        "ArrowDown" => 1,
        "ArrowUp" => count.saturating_sub(1),
        _ => return,
    };
    event.prevent_default();
    if count > 0 {
        chosen.update(|chosen| *chosen = (*chosen + steps) % count);
    }
}

fn keep_in_view(chosen: RwSignal<usize>) {
    Effect::new(move || {
        if let Some(row) = document().get_element_by_id(&id_of(chosen.get())) {
            row.scroll_into_view_with_bool(false);
        }
    });
}
