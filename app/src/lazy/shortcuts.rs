use leptos::prelude::*;

use super::{
    dialog::{LazyDialog, open_dialog},
    lazy_chunk, translate,
};
use crate::{state::Chat, text::Words};

thread_local! {
    static DIALOG: LazyDialog = const { LazyDialog::new(None) };
}

/// The keys and what they do. A slash separates keys that do the same.
const SHORTCUTS: [(&str, [&str; 3]); 8] = [
    ("Enter", ["Send the message", "Enviar a mensagem", "Enviar el mensaje"]),
    ("Shift+Enter", ["Break the line", "Quebrar a linha", "Saltar de línea"]),
    ("↑", ["Edit your last message", "Editar sua última mensagem", "Editar tu último mensaje"]),
    ("Esc", ["Give up an edit or a reply", "Desistir de editar ou responder", "Dejar de editar o responder"]),
    ("@", ["Mention somebody", "Mencionar alguém", "Mencionar a alguien"]),
    (":", ["Put in an emoji by its name", "Inserir um emoji pelo nome", "Insertar un emoji por su nombre"]),
    ("Ctrl+K / ⌘K", ["Go to a room", "Ir para uma sala", "Ir a una sala"]),
    ("?", ["Show this list", "Mostrar esta lista", "Mostrar esta lista"]),
];

lazy_chunk! {
    shortcuts,
    /// Opens the list of keyboard shortcuts.
    pub fn open_shortcuts(chat: Chat) {
        open_dialog(&DIALOG, chat, chat.words.shortcuts(), || view! { <Shortcuts words=chat.words /> });
    }
}

#[component]
fn Shortcuts(words: Words) -> impl IntoView {
    let row = move |(keys, action)| {
        view! {
            <div>
                <dt>
                    <kbd>{keys}</kbd>
                </dt>
                <dd>{translate(words, action)}</dd>
            </div>
        }
    };
    view! { <dl class="shortcuts">{SHORTCUTS.map(row).collect_view()}</dl> }
}
