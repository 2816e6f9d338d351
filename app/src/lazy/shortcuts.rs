use leptos::{prelude::*, web_sys::Element};

use super::{draw, part, said};
use crate::state::Chat;

/// What each key does. A slash stands between keys that do the same.
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

part! {
    shortcuts,
    /// Lists the shortcuts in `place`.
    pub fn list_shortcuts(owner: Owner, place: Element) {
        draw(&owner, &place, || view! { <Shortcuts /> });
    }
}

#[component]
fn Shortcuts() -> impl IntoView {
    let words = Chat::here().words;
    let row = move |(keys, action)| {
        view! {
            <div>
                <dt>
                    <kbd>{keys}</kbd>
                </dt>
                <dd>{said(words, action)}</dd>
            </div>
        }
    };
    view! { <dl class="shortcuts">{SHORTCUTS.map(row).collect_view()}</dl> }
}
