use leptos::prelude::*;

use crate::state::Chat;

/// The button that closes a panel on narrow screens.
#[component]
pub fn ClosePanel(panel: &'static str) -> impl IntoView {
    let close = Chat::from_context().words.close();
    view! {
        <button type="button" class="panel-close" popovertarget=panel popovertargetaction="hide" aria-label=close>
            <span aria-hidden="true">"×"</span>
        </button>
    }
}
