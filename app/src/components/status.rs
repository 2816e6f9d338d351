use leptos::prelude::*;

use crate::{state::Chat, text::list_names};

/// The line below the messages: who is typing and the latest announcement. Its height is constant.
#[component]
pub fn Status() -> impl IntoView {
    let chat = Chat::from_context();
    let typing = move || {
        let names: Vec<_> =
            chat.room().map(|room| room.typing.get().into_iter().map(|user| user.name).collect()).unwrap_or_default();
        match names.len() {
            0 => String::new(),
            count => chat.words.writing(count as u64, &list_names(&names, chat.words)),
        }
    };
    let news = move || chat.room().map(|room| room.announcement.get()).unwrap_or_default();
    view! {
        <div class="status">
            <p class="typing" dir="auto">
                {typing}
            </p>
            <p class="news" dir="auto" aria-live="polite">
                {news}
            </p>
        </div>
    }
}
