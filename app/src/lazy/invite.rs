use std::time::Duration;

use leptos::prelude::*;

use super::{
    dialog::{self, Opened},
    part, said,
};
use crate::{
    browser::{absolute_url, can_share, copy_to_clipboard, share},
    state::Chat,
    text::{qr_path, room_path},
};

/// For how long it is said whether the link was copied.
const SAID: Duration = Duration::from_secs(6);

const HINT: [&str; 3] = [
    "Whoever opens this link and gives a name is in the room.",
    "Quem abrir este link e disser um nome entra na sala.",
    "Quien abra este enlace y diga un nombre entra en la sala.",
];

const BY_HAND: [&str; 3] = [
    "This browser does not allow it. Copy the link by hand.",
    "Este navegador não permite isso. Copie o link manualmente.",
    "Este navegador no lo permite. Copia el enlace a mano.",
];

thread_local! {
    static DIALOG: Opened = const { Opened::new(None) };
}

part! {
    invite,
    /// Opens the ways to bring somebody along.
    pub fn invite_people(chat: Chat) {
        dialog::open(&DIALOG, chat, chat.words.invite(), || view! { <Invitation chat /> });
    }
}

/// The link, the device's own way of sharing, and a QR code for a phone beside the screen.
#[component]
fn Invitation(chat: Chat) -> impl IntoView {
    let words = chat.words;
    let link = move || chat.current_room.with(|room| absolute_url(&room_path(room)));
    let is_copied = RwSignal::new(None);
    let copied = move |copied| {
        is_copied.set(Some(copied));
        set_timeout(move || is_copied.set(None), SAID);
    };
    let status = move || {
        let copied = is_copied.get()?;
        Some(said(words, if copied { ["The link is copied.", "Link copiado.", "Enlace copiado."] } else { BY_HAND }))
    };
    view! {
        <div class="invitation">
            <p class="invitation-room" dir="auto">{move || chat.current_room.get()}</p>
            <p>{said(words, HINT)}</p>
            <img
                width="200"
                height="200"
                alt=said(words, ["QR code of the link", "Código QR do link", "Código QR del enlace"])
                src=move || chat.current_room.with(|room| qr_path(room))
            />
            <a href=link>{link}</a>
            <div class="field-row">
                <button type="button" on:click=move |_| copy_to_clipboard(&link(), copied)>
                    {words.copy_link()}
                </button>
                <button type="button" class="small" hidden=!can_share() on:click=move |_| share(&link())>
                    {said(words, ["Share…", "Compartilhar…", "Compartir…"])}
                </button>
            </div>
            <p role="status">{status}</p>
        </div>
    }
}
