use std::time::Duration;

use leptos::prelude::*;

use super::{
    dialog::{LazyDialog, open_dialog},
    lazy_chunk,
};
use crate::{
    browser::{absolute_url, can_share, copy_to_clipboard, share},
    state::Chat,
    text::{qr_path, room_path, words},
};

/// How long the status line tells whether the link was copied.
const STATUS_DURATION: Duration = Duration::from_secs(6);

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
        let status = if is_copied { words::invitation::copied } else { words::invitation::copy_by_hand };
        Some(status(words))
    };
    view! {
        <div class="invitation">
            <p class="invitation-room" dir="auto">{move || chat.current_room.get()}</p>
            <p>{words::invitation::hint(words)}</p>
            <img
                width="200"
                height="200"
                alt=words::invitation::qr_code(words)
                src=move || chat.current_room.with(|room| qr_path(room))
            />
            <a href=link>{link}</a>
            <div class="field-row">
                <button type="button" on:click=move |_| copy_to_clipboard(&link(), show_status)>
                    {words::invitation::copy_link(words)}
                </button>
                <button type="button" class="small" hidden=!can_share() on:click=move |_| share(&link())>
                    {words::invitation::share(words)}
                </button>
            </div>
            <p role="status">{status}</p>
        </div>
    }
}
