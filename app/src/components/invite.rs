use leptos::prelude::*;

use crate::{
    browser::{address, can_share, copy, share},
    state::Chat,
    text::{qr_path, room_path},
};

/// The ways to bring somebody along: the link, the device's own way of sharing, and a QR code for a phone beside the screen.
#[component]
pub fn Invite() -> impl IntoView {
    let chat = Chat::here();
    let path = Memo::new(move |_| chat.current.with(|room| room_path(room)));
    // The server does not know under which address it is reached.
    let link = move || if chat.is_live() { address(&path.get()) } else { path.get() };
    let is_copied = RwSignal::new(None);
    let shares = move || chat.is_live() && can_share();
    view! {
        <button type="button" class="small invite" popovertarget="invite">
            "Invite"
        </button>
        <div id="invite" class="card" popover="auto" on:toggle=move |_| is_copied.set(None)>
            <h2>"Invite to " <bdi>{move || chat.current.get()}</bdi></h2>
            <p>"Whoever opens this link and gives a name is in the room."</p>
            // Fetched when it is first seen.
            <img
                loading="lazy"
                width="200"
                height="200"
                alt="QR code of the link"
                src=move || chat.current.with(|room| qr_path(room))
            />
            <a class="link" href=move || path.get()>
                {link}
            </a>
            <div class="field-row">
                <button type="button" on:click=move |_| copy(&link(), move |copied| is_copied.set(Some(copied)))>
                    "Copy link"
                </button>
                <button type="button" class="small" hidden=move || !shares() on:click=move |_| share(&link())>
                    "Share…"
                </button>
            </div>
            <p role="status">{move || is_copied.get().map(said)}</p>
        </div>
    }
}

fn said(is_copied: bool) -> &'static str {
    if is_copied { "The link is copied." } else { "This browser does not allow it. Copy the link by hand." }
}
