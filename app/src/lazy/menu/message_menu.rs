use std::cell::RefCell;

use leptos::{ev, html, prelude::*, web_sys::Element};
use protocol::Command;

use super::{composer_mode, copy_status, toggle_reaction};
use crate::{
    browser::{absolute_url, copy_to_clipboard},
    lazy::{
        main_landmark, mount_permanently, move_focus, pick_emoji,
        popover::{close_popover, open_popover},
        run_or_toast,
    },
    state::{Chat, EditState, MessageRow},
    text::{message_path, words},
    views::reactor_names,
};

/// The reactions that the menu offers without opening the picker.
const QUICK_REACTIONS: [&str; 6] = ["👍", "❤️", "😂", "🎉", "😮", "😢"];

thread_local! {
    /// The menu, once it has been opened. One serves all messages.
    static MENU: RefCell<Option<MessageMenu>> = const { RefCell::new(None) };
}

/// The menu of a message.
#[derive(Clone, Copy)]
pub struct MessageMenu {
    chat: Chat,
    row: RwSignal<Option<MessageRow>>,
    /// Whether "Delete" was chosen and waits for its confirmation.
    confirms_delete: RwSignal<bool>,
    popover: NodeRef<html::Div>,
}

impl MessageMenu {
    /// Opens the menu of a message next to `anchor`.
    pub fn open(chat: Chat, row: MessageRow, anchor: &Element) {
        let Some(parent) = main_landmark() else { return };
        let menu = MENU.with_borrow_mut(|menu| *menu.get_or_insert_with(|| Self::new(chat, &parent)));
        menu.confirms_delete.set(false);
        menu.row.set(Some(row));
        open_popover(menu.popover, anchor.clone(), "button:not([hidden])");
    }

    fn new(chat: Chat, parent: &Element) -> Self {
        let make =
            || Self { chat, row: RwSignal::new(None), confirms_delete: RwSignal::new(false), popover: NodeRef::new() };
        mount_permanently(parent, make, |menu| view! { <MenuItems menu /> })
    }

    /// Closes the menu and runs an action on its message.
    fn choose(self, action: impl FnOnce(Chat, &MessageRow)) {
        close_popover(self.popover);
        if let Some(row) = self.row.get_untracked() {
            action(self.chat, &row);
        }
    }

    /// Who reacted with what, a line for each emoji. The tooltip of a reaction tells the same, but touch screens have
    /// no tooltips.
    fn reactions(self) -> String {
        let row = self.row.get();
        let reactions = row.map(|row| row.reactions.get()).unwrap_or_default();
        let lines = reactions.iter().map(|reaction| {
            let who = reactor_names(reaction, self.chat.words);
            format!("{} {who}", reaction.emoji)
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    fn is_own(self) -> bool {
        self.row.with(|row| row.as_ref().is_some_and(|row| self.chat.is_me(&row.author.id)))
    }

    fn is_deleted(self) -> bool {
        self.row.with(|row| {
            row.as_ref().is_some_and(|row| row.content.with(|content| content.edit_state == Some(EditState::Deleted)))
        })
    }
}

#[component]
fn MenuItems(menu: MessageMenu) -> impl IntoView {
    let words = menu.chat.words;
    let exists = move || !menu.is_deleted();
    let is_mine = move || exists() && menu.is_own();
    let quick_reaction = move |emoji: &'static str| {
        let react = move |_| menu.choose(|chat, row| toggle_reaction(chat, row, emoji.to_owned()));
        view! {
            <button type="button" role="menuitem" class="emoji" on:click=react>
                {emoji}
            </button>
        }
    };
    let delete = move |event: ev::MouseEvent| {
        if !menu.confirms_delete.get_untracked() {
            menu.confirms_delete.set(true);
        } else if event.detail() < 2 {
            // The second click of a double click does not confirm.
            menu.choose(delete);
        }
    };
    view! {
        <div class="menu" popover="auto" role="menu" aria-label=words.actions() node_ref=menu.popover on:keydown=move |event| handle_key(&event)>
            <div class="menu-emoji" role="group" aria-label=words::menu::react(words) hidden=move || !exists()>
                {QUICK_REACTIONS.map(quick_reaction).collect_view()}
                <button type="button" role="menuitem" class="emoji" aria-label=words::menu::another_emoji(words) on:click=move |_| menu.choose(pick_reaction)>
                    "+"
                </button>
            </div>
            <p class="menu-reactions" role="none" dir="auto">{move || menu.reactions()}</p>
            <Item menu label=words::menu::reply(words) shown=exists action=composer_mode::reply_to />
            <Item menu label=words::menu::edit(words) shown=is_mine action=composer_mode::edit />
            <Item menu label=words::menu::copy_text(words) shown=exists action=copy_text />
            <Item menu label=words::menu::copy_link(words) shown=|| true action=copy_link />
            <button type="button" role="menuitem" class="danger" hidden=move || !is_mine() on:click=delete>
                {move || if menu.confirms_delete.get() { words::menu::confirm_delete(words) } else { words::menu::delete(words) }}
            </button>
        </div>
    }
}

#[component]
fn Item(
    menu: MessageMenu,
    label: &'static str,
    shown: impl Fn() -> bool + Send + 'static,
    action: fn(Chat, &MessageRow),
) -> impl IntoView {
    view! {
        <button type="button" role="menuitem" hidden=move || !shown() on:click=move |_| menu.choose(action)>
            {label}
        </button>
    }
}

fn delete(chat: Chat, row: &MessageRow) {
    if let Some(seq) = row.seq.get_untracked() {
        chat.command(Command::Delete { target: seq.into() });
    }
}

fn copy_text(chat: Chat, row: &MessageRow) {
    copy_with_toast(chat, &row.content.with_untracked(|content| content.text.clone()));
}

fn copy_link(chat: Chat, row: &MessageRow) {
    if let Some(seq) = row.seq.get_untracked() {
        copy_with_toast(chat, &absolute_url(&message_path(&chat.current_room.get_untracked(), seq)));
    }
}

fn copy_with_toast(chat: Chat, text: &str) {
    copy_to_clipboard(text, move |is_copied| chat.toast(copy_status(chat, is_copied)));
}

/// Opens the emoji picker for a reaction.
fn pick_reaction(chat: Chat, row: &MessageRow) {
    let Some(seq) = row.seq.get_untracked() else { return };
    let anchor = document().query_selector(&format!(".message[data-seq=\"{seq}\"] .message-more"));
    if let Ok(Some(anchor)) = anchor {
        let row = row.clone();
        let react = Callback::new(move |emoji| toggle_reaction(chat, &row, emoji));
        run_or_toast(chat, pick_emoji(chat, anchor, react));
    }
}

/// Moves the focus with the arrow keys.
fn handle_key(event: &ev::KeyboardEvent) {
    let step = match event.key().as_str() {
        "ArrowDown" | "ArrowRight" => 1,
        "ArrowUp" | "ArrowLeft" => -1,
        _ => return,
    };
    event.prevent_default();
    move_focus("[role=menuitem]:not([hidden], [hidden] *)", step);
}
