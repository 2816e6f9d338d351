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
    let words = chat.words;
    let path = Memo::new(move |_| chat.current.with(|room| room_path(room)));
    // The server does not know under which address it is reached.
    let link = move || if chat.is_live() { address(&path.get()) } else { path.get() };
    let is_copied = RwSignal::new(None);
    let said = move |is_copied| if is_copied { words.link_copied() } else { words.copy_by_hand() };
    let shares = move || chat.is_live() && can_share();
    view! {
        <button type="button" class="small invite" popovertarget="invite">
            {words.invite()}
        </button>
        <div id="invite" class="card" popover="auto" on:toggle=move |_| is_copied.set(None)>
            <h2>{words.invite_to()} " " <bdi>{move || chat.current.get()}</bdi></h2>
            <p>{words.invite_hint()}</p>
            // Fetched when it is first seen.
            <img
                loading="lazy"
                width="200"
                height="200"
                alt=words.qr_code()
                src=move || chat.current.with(|room| qr_path(room))
            />
            <a class="link" href=move || path.get()>
                {link}
            </a>
            <div class="field-row">
                <button type="button" on:click=move |_| copy(&link(), move |copied| is_copied.set(Some(copied)))>
                    {words.copy_link()}
                </button>
                <button type="button" class="small" hidden=move || !shares() on:click=move |_| share(&link())>
                    {words.share()}
                </button>
            </div>
            <p role="status">{move || is_copied.get().map(said)}</p>
        </div>
    }
}
