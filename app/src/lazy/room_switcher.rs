use leptos::{ev, html, prelude::*};

use super::{
    dialog::{LazyDialog, open_dialog},
    lazy_chunk,
};
use crate::{
    browser::normalize_nfc,
    state::{Action, Chat, RoomState},
    text::{
        number,
        words::{self, Words},
    },
};

thread_local! {
    static DIALOG: LazyDialog = const { LazyDialog::new(None) };
}

lazy_chunk! {
    switcher,
    /// Opens a dialog to go to an open room or to enter another one.
    pub fn open_room_switcher(chat: Chat) {
        open_dialog(&DIALOG, chat, chat.words.go_to_room(), || view! { <Switcher chat /> });
    }
}

/// A row of the list.
#[derive(Clone)]
enum RoomOption {
    Open(Box<RoomState>),
    New(String),
}

/// A field with the list of matching rooms, which is the ARIA pattern "combobox": the focus stays in the field.
#[component]
fn Switcher(chat: Chat) -> impl IntoView {
    let words = chat.words;
    let field = NodeRef::<html::Input>::new();
    let (filter, selected) = (RwSignal::new(String::new()), RwSignal::new(0));
    let options = move || filter.with(|filter| room_options(chat, filter));
    let submit = move |event: ev::SubmitEvent| match options().into_iter().nth(selected.get_untracked()) {
        // Submitting the form closes the dialog.
        Some(option) => chat.dispatch(Action::EnterRoom(option.name())),
        None => event.prevent_default(),
    };
    let reset = move |_| {
        filter.set(String::new());
        selected.set(0);
        _ = field.get_untracked().map(|field| field.set_value(""));
    };
    let update_filter = move |_| {
        filter.set(field.get_untracked().map(|field| field.value()).unwrap_or_default());
        selected.set(0);
    };
    let select_and_submit = move |index| {
        selected.set(index);
        _ = field.get_untracked().and_then(|field| field.form()).map(|form| form.request_submit());
    };
    Effect::new(move || _ = field.get().map(|field| field.focus()));
    keep_in_view(selected);
    view! {
        <form class="switcher" method="dialog" on:submit=submit>
            <input
                type="text"
                role="combobox"
                aria-label=words::room_switcher::room(words)
                aria-expanded="true"
                aria-controls="choices"
                aria-autocomplete="list"
                aria-activedescendant=move || (!options().is_empty()).then(|| option_id(selected.get()))
                placeholder=words::room_switcher::find_or_name(words)
                maxlength=2 * protocol::limits::ROOM_NAME
                autocomplete="off"
                autocapitalize="none"
                autofocus
                dir="auto"
                node_ref=field
                on:focus=reset
                on:input=update_filter
                on:keydown=move |event| handle_key(&event, selected, options().len())
            />
            <ul id="choices" role="listbox" aria-label=words.rooms()>
                {move || options().into_iter().enumerate().map(|(index, option)| row(words, index, option, selected, select_and_submit)).collect_view()}
            </ul>
        </form>
    }
}

fn row(
    words: Words,
    index: usize,
    option: RoomOption,
    selected: RwSignal<usize>,
    on_click: impl Fn(usize) + 'static,
) -> impl IntoView {
    let name = option.name();
    let (label, note) = match option {
        RoomOption::Open(room) => (name, note(&room, words)),
        RoomOption::New(_) => (words::room_switcher::open_room(words, &name), String::new()),
    };
    view! {
        <li
            id=option_id(index)
            role="option"
            aria-selected=move || if selected.get() == index { "true" } else { "false" }
            on:click=move |_| on_click(index)
        >
            <span class="room-name" dir="auto">
                {label}
            </span>
            <span class="choice-marks">{note}</span>
        </li>
    }
}

/// What the list says about an open room: that it is muted, or how many messages or mentions are unread.
fn note(room: &RoomState, words: Words) -> String {
    match (room.badge(), room.muted.get()) {
        ((0, _), true) => words::room_switcher::muted(words).to_owned(),
        ((0, _), false) => String::new(),
        ((_, 0), _) => words.new_messages(room.unread.get(), &number(room.unread.get())),
        ((_, mentions), _) => words.mentions(mentions, &number(mentions)),
    }
}

/// The open rooms whose names contain the filter, then the room of that very name unless it is open.
fn room_options(chat: Chat, filter: &str) -> Vec<RoomOption> {
    let name = normalize_nfc(filter.trim());
    let lowercase = name.to_ascii_lowercase();
    let mut options: Vec<_> = chat.rooms.with(|rooms| {
        let fits = rooms.iter().filter(|room| room.name.to_ascii_lowercase().contains(&lowercase));
        fits.cloned().map(|room| RoomOption::Open(Box::new(room))).collect()
    });
    if let Ok(name) = protocol::RoomName::new(&name)
        && chat.rooms.with(|rooms| rooms.iter().all(|room| room.name != name.as_str()))
    {
        options.push(RoomOption::New(name.to_string()));
    }
    options
}

impl RoomOption {
    fn name(&self) -> String {
        match self {
            Self::Open(room) => room.name.clone(),
            Self::New(name) => name.clone(),
        }
    }
}

fn option_id(index: usize) -> String {
    format!("choice-{index}")
}

/// Moves the selection with the arrow keys, from the last row to the first and back.
fn handle_key(event: &ev::KeyboardEvent, selected: RwSignal<usize>, count: usize) {
    let step = match event.key().as_str() {
        "ArrowDown" => 1,
        "ArrowUp" => count.saturating_sub(1),
        _ => return,
    };
    event.prevent_default();
    if count > 0 {
        selected.update(|selected| *selected = (*selected + step) % count);
    }
}

/// Scrolls the selected row into view.
fn keep_in_view(selected: RwSignal<usize>) {
    Effect::new(move || {
        if let Some(row) = document().get_element_by_id(&option_id(selected.get())) {
            row.scroll_into_view_with_bool(false);
        }
    });
}
