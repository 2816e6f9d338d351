use std::cell::RefCell;

use leptos::{ev, html, prelude::*, web_sys::Element};

use super::{context, copied_or_not, toggle};
use crate::{
    browser::{absolute_url, copy_to_clipboard},
    lazy::{
        draw_for_good, pick_emoji,
        place::{close, open_beside},
        room, run_or_toast, said, step_focus,
    },
    state::{Action, Chat, EditState, MessageRow},
    text::message_path,
    views::reactor_names,
};

/// The reactions that need no search.
const QUICK: [&str; 6] = ["👍", "❤️", "😂", "🎉", "😮", "😢"];

thread_local! {
    /// There is one, whichever message it is opened for.
    static MENU: RefCell<Option<Menu>> = const { RefCell::new(None) };
}

/// What can be done with a message.
#[derive(Clone, Copy)]
pub struct Menu {
    chat: Chat,
    line: RwSignal<Option<MessageRow>>,
    /// Whether it was asked to delete the message, and not yet whether that is meant.
    asks: RwSignal<bool>,
    sheet: NodeRef<html::Div>,
}

impl Menu {
    /// Opens it next to `anchor`.
    pub fn open(chat: Chat, line: MessageRow, anchor: &Element) {
        let Some(room) = room() else { return };
        let menu = MENU.with_borrow_mut(|menu| *menu.get_or_insert_with(|| Self::new(chat, &room)));
        menu.asks.set(false);
        menu.line.set(Some(line));
        open_beside(menu.sheet, anchor.clone(), "button:not([hidden])");
    }

    fn new(chat: Chat, room: &Element) -> Self {
        let make = || Self { chat, line: RwSignal::new(None), asks: RwSignal::new(false), sheet: NodeRef::new() };
        draw_for_good(room, make, |menu| view! { <Items menu /> })
    }

    /// Closes it and does something with the message.
    fn choose(self, deed: impl FnOnce(Chat, &MessageRow)) {
        close(self.sheet);
        if let Some(line) = self.line.get_untracked() {
            deed(self.chat, &line);
        }
    }

    /// Who reacted how, a line for each emoji: fingers cannot hover over it.
    fn reactions(self) -> String {
        let line = self.line.get();
        let reactions = line.map(|line| line.reactions.get()).unwrap_or_default();
        let told = reactions.iter().map(|reaction| {
            let who = reactor_names(reaction, self.chat.words);
            format!("{} {who}", reaction.emoji)
        });
        told.collect::<Vec<_>>().join("\n")
    }

    fn is_own(self) -> bool {
        self.line.with(|line| line.as_ref().is_some_and(|line| self.chat.is_me(&line.author.id)))
    }

    fn is_deleted(self) -> bool {
        self.line.with(|line| {
            line.as_ref().is_some_and(|line| line.content.with(|said| said.edit_state == Some(EditState::Deleted)))
        })
    }
}

#[component]
fn Items(menu: Menu) -> impl IntoView {
    let words = menu.chat.words;
    let lives = move || !menu.is_deleted();
    let is_mine = move || lives() && menu.is_own();
    let emoji = move |emoji: &'static str| {
        let put = move |_| menu.choose(|chat, line| toggle(chat, line, emoji.to_owned()));
        view! {
            <button type="button" role="menuitem" class="emoji" on:click=put>
                {emoji}
            </button>
        }
    };
    let delete = move |event: ev::MouseEvent| {
        if !menu.asks.get_untracked() {
            menu.asks.set(true);
        } else if event.detail() < 2 {
            // A double click is no answer to the question.
            menu.choose(delete);
        }
    };
    view! {
        <div class="menu" popover="auto" role="menu" aria-label=words.actions() node_ref=menu.sheet on:keydown=move |event| walk(&event)>
            <div class="menu-emoji" role="group" aria-label=said(words, ["React", "Reagir", "Reaccionar"]) hidden=move || !lives()>
                {QUICK.map(emoji).collect_view()}
                <button type="button" role="menuitem" class="emoji" aria-label=said(words, ["Another emoji", "Outro emoji", "Otro emoji"]) on:click=move |_| menu.choose(pick)>
                    "+"
                </button>
            </div>
            <p class="menu-reactions" role="none" dir="auto">{move || menu.reactions()}</p>
            <Item menu label=said(words, ["Reply", "Responder", "Responder"]) shown=lives deed=context::answer />
            <Item menu label=said(words, ["Edit", "Editar", "Editar"]) shown=is_mine deed=context::edit />
            <Item menu label=said(words, ["Copy text", "Copiar texto", "Copiar texto"]) shown=lives deed=copy_text />
            <Item menu label=words.copy_link() shown=|| true deed=copy_link />
            <button type="button" role="menuitem" class="danger" hidden=move || !is_mine() on:click=delete>
                {move || if menu.asks.get() { said(words, ["Delete it for everybody?", "Apagar para todos?", "¿Eliminar para todos?"]) } else { said(words, ["Delete", "Apagar", "Eliminar"]) }}
            </button>
        </div>
    }
}

#[component]
fn Item(
    menu: Menu,
    label: &'static str,
    shown: impl Fn() -> bool + Send + 'static,
    deed: fn(Chat, &MessageRow),
) -> impl IntoView {
    view! {
        <button type="button" role="menuitem" hidden=move || !shown() on:click=move |_| menu.choose(deed)>
            {label}
        </button>
    }
}

fn delete(chat: Chat, line: &MessageRow) {
    if let Some(seq) = line.seq.get_untracked() {
        chat.dispatch(Action::Delete(seq));
    }
}

fn copy_text(chat: Chat, line: &MessageRow) {
    said_when_copied(chat, &line.content.with_untracked(|said| said.text.clone()));
}

fn copy_link(chat: Chat, line: &MessageRow) {
    if let Some(seq) = line.seq.get_untracked() {
        said_when_copied(chat, &absolute_url(&message_path(&chat.current_room.get_untracked(), seq)));
    }
}

fn said_when_copied(chat: Chat, text: &str) {
    copy_to_clipboard(text, move |copied| chat.toast(copied_or_not(chat, copied)));
}

/// Chooses an emoji among all.
fn pick(chat: Chat, line: &MessageRow) {
    let Some(seq) = line.seq.get_untracked() else { return };
    let anchor = document().query_selector(&format!(".message[data-seq=\"{seq}\"] .message-more"));
    if let Ok(Some(anchor)) = anchor {
        let line = line.clone();
        let then = Callback::new(move |emoji| toggle(chat, &line, emoji));
        run_or_toast(chat, pick_emoji(chat, anchor, then));
    }
}

/// The keys of a menu.
fn walk(event: &ev::KeyboardEvent) {
    let step = match event.key().as_str() {
        "ArrowDown" | "ArrowRight" => 1,
        "ArrowUp" | "ArrowLeft" => -1,
        _ => return,
    };
    event.prevent_default();
    step_focus("[role=menuitem]:not([hidden], [hidden] *)", step);
}
