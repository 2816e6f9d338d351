use leptos::prelude::*;

use super::{
    dialog::{LazyDialog, open_dialog},
    lazy_chunk,
};
use crate::{
    state::Chat,
    text::words::{self, Words},
};

thread_local! {
    static DIALOG: LazyDialog = const { LazyDialog::new(None) };
}

lazy_chunk! {
    shortcuts,
    /// Opens the list of keyboard shortcuts.
    pub fn open_shortcuts(chat: Chat) {
        open_dialog(&DIALOG, chat, chat.words.shortcuts(), || view! { <Shortcuts words=chat.words /> });
    }
}

#[component]
fn Shortcuts(words: Words) -> impl IntoView {
    // A slash separates keys that do the same.
    let shortcuts = [
        ("Enter", words::shortcuts::send(words)),
        ("Shift+Enter", words::shortcuts::break_line(words)),
        ("↑", words::shortcuts::edit_last(words)),
        ("Esc", words::shortcuts::cancel(words)),
        ("@", words::shortcuts::mention(words)),
        (":", words::shortcuts::emoji(words)),
        ("Ctrl+K / ⌘K", words::shortcuts::go_to_room(words)),
        ("?", words::shortcuts::show_list(words)),
    ];
    let row = |(keys, action)| {
        view! {
            <div>
                <dt>
                    <kbd>{keys}</kbd>
                </dt>
                <dd>{action}</dd>
            </div>
        }
    };
    view! { <dl class="shortcuts">{shortcuts.map(row).collect_view()}</dl> }
}
