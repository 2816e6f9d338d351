use leptos::prelude::*;
use leptos_i18n::td_string;

use crate::{i18n::Locale, preferences::Language};

/// Shows a message that was not posted, so that the user can copy it.
#[component]
pub fn UnsentMessage(text: String, language: Language) -> impl IntoView {
    let locale = Locale::from(language);
    view! {
        <figure class="unsent">
            <figcaption>{td_string!(locale, pages.not_sent)}</figcaption>
            <blockquote dir="auto">{text}</blockquote>
        </figure>
    }
}
