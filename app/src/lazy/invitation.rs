use std::time::Duration;

use leptos::prelude::*;

use super::{
    dialog::{LazyDialog, open_dialog},
    lazy_chunk, translate,
};
use crate::{
    browser::{absolute_url, can_share, copy_to_clipboard, share},
    state::Chat,
    text::{qr_path, room_path},
};

/// How long the status line tells whether the link was copied.
const STATUS_DURATION: Duration = Duration::from_secs(6);

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
    static DIALOG: LazyDialog = const { LazyDialog::new(None) };
}

lazy_chunk! {
    invite,
    /// Opens a dialog with the ways to invite somebody to the room.
    pub fn open_invitation(chat: Chat) {
        open_dialog(&DIALOG, chat, chat.words.invite(), || view! { <Invitation chat /> });
    }
}

/// The room's link as text and as a QR code, with buttons to copy it and to open the device's share sheet.
#[component]
fn Invitation(chat: Chat) -> impl IntoView {
    let words = chat.words;
    let link = move || chat.current_room.with(|room| absolute_url(&room_path(room)));
    let copied = RwSignal::new(None);
    let show_status = move |is_copied| {
        copied.set(Some(is_copied));
        set_timeout(move || copied.set(None), STATUS_DURATION);
    };
    let status = move || {
        let is_copied = copied.get()?;
        Some(translate(
            words,
            if is_copied { ["The link is copied.", "Link copiado.", "Enlace copiado."] } else { BY_HAND },
        ))
    };
    view! {
        <div class="invitation">
            <p class="invitation-room" dir="auto">{move || chat.current_room.get()}</p>
            <p>{translate(words, HINT)}</p>
            <img
                width="200"
                height="200"
                alt=translate(words, ["QR code of the link", "Código QR do link", "Código QR del enlace"])
                src=move || chat.current_room.with(|room| qr_path(room))
            />
            <a href=link>{link}</a>
            <div class="field-row">
                <button type="button" on:click=move |_| copy_to_clipboard(&link(), show_status)>
                    {words.copy_link()}
                </button>
                <button type="button" class="small" hidden=!can_share() on:click=move |_| share(&link())>
                    {translate(words, ["Share…", "Compartilhar…", "Compartir…"])}
                </button>
            </div>
            <p role="status">{status}</p>
        </div>
    }
}
