use leptos::{prelude::*, web_sys::Element};

use super::settings::set_notifications_on;
use crate::{
    browser::{request_notify_permission, restore_focus},
    lazy::mount,
    state::Chat,
    text::words,
};

/// The parent of the prompt, a live region that screen readers announce.
const PARENT: &str = ".notices";

/// Asks whether the reader wants notifications. Browsers ask for the permission only after a click, so the page asks
/// first.
pub fn show_prompt(owner: &Owner) {
    let is_shown = document().query_selector(".notice.ask").ok().flatten().is_some();
    let parent: Option<Element> = document().query_selector(PARENT).ok().flatten();
    if let Some(parent) = parent.filter(|_| !is_shown) {
        mount(owner, &parent, || view! { <Prompt /> });
    }
}

#[component]
fn Prompt() -> impl IntoView {
    let chat = Chat::from_context();
    let words = chat.words;
    let is_open = RwSignal::new(true);
    let answer = move |accepts| {
        set_notifications_on(chat, accepts);
        if accepts {
            request_notify_permission(|| {});
        }
        is_open.set(false);
        restore_focus("#msg");
    };
    view! {
        <Show when=move || is_open.get()>
            <div class="notice ask">
                <p>{words::notifications::question(words)}</p>
                <button type="button" class="small" on:click=move |_| answer(true)>
                    {words::notifications::yes(words)}
                </button>
                <button type="button" class="small quiet" on:click=move |_| answer(false)>
                    {words::notifications::not_now(words)}
                </button>
            </div>
        </Show>
    }
}
