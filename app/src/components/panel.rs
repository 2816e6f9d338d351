use leptos::prelude::*;

/// Closes a panel that covers the messages on a narrow screen.
#[component]
pub fn ClosePanel(panel: &'static str) -> impl IntoView {
    view! {
        <button type="button" class="panel-close" popovertarget=panel popovertargetaction="hide" aria-label="Close">
            <span aria-hidden="true">"×"</span>
        </button>
    }
}
