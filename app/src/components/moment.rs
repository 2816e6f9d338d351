use leptos::prelude::*;

use crate::{
    browser::local_time,
    state::Chat,
    text::{iso, utc},
};

/// A time of day: in UTC as the server rendered it, then by the reader's clock.
#[component]
pub fn Moment(at: ArcRwSignal<u64>) -> impl IntoView {
    let chat = Chat::here();
    let datetime = {
        let at = at.clone();
        move || iso(at.get())
    };
    let text = move || if chat.in_browser.get() { local_time(at.get()) } else { utc(at.get()) };
    view! {
        <time class="moment" datetime=datetime>
            {text}
        </time>
    }
}
