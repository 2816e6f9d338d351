use leptos::prelude::*;

use crate::{preferences::Language, text::words::pages};

/// Shows a message that was not posted, so that the user can copy it.
#[component]
pub fn UnsentMessage(text: String, language: Language) -> impl IntoView {
    view! {
        <figure class="unsent">
            <figcaption>{pages::not_sent(language)}</figcaption>
            <blockquote dir="auto">{text}</blockquote>
        </figure>
    }
}
