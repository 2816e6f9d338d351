use leptos::prelude::*;
use leptos_i18n::td_string;

use super::unsent_message::UnsentMessage;
use crate::{
    i18n::Locale,
    page::{self, PageError, Words},
    preferences::Language,
};

/// The page that reports an error and how to continue.
#[component]
pub fn ErrorPage(page: page::ErrorPage, language: Language) -> impl IntoView {
    let ErrorText { title, message, link } = error_text(page.error, language);
    view! {
        <main class="problem-page">
            <p class="wordmark">"Sala"</p>
            <h1>{title}</h1>
            <p>{message}</p>
            {page.unsent.map(|text| view! { <UnsentMessage text language /> })}
            <p>
                <a class="button" href=page.link>
                    {link}
                </a>
            </p>
        </main>
    }
}

/// The page's title.
pub fn title(error: PageError, language: Language) -> &'static str {
    error_text(error, language).title
}

struct ErrorText {
    title: &'static str,
    /// What happened and what to do.
    message: String,
    /// The link's text.
    link: &'static str,
}

fn error_text(error: PageError, language: Language) -> ErrorText {
    let locale = Locale::from(language);
    match error {
        PageError::Offline => ErrorText {
            title: td_string!(locale, pages.offline),
            message: td_string!(locale, pages.offline_hint).to_owned(),
            link: td_string!(locale, pages.try_again),
        },
        PageError::ForeignForm => ErrorText {
            title: td_string!(locale, pages.foreign_form),
            message: td_string!(locale, pages.foreign_form_hint).to_owned(),
            link: td_string!(locale, pages.front_page),
        },
        PageError::NotFound => ErrorText {
            title: td_string!(locale, pages.nothing_here),
            message: td_string!(locale, pages.nothing_here_hint).to_owned(),
            link: td_string!(locale, pages.front_page),
        },
        PageError::InvalidRoomName(problem) => ErrorText {
            title: td_string!(locale, pages.no_such_room),
            message: Words::of(language).room_name_problem(problem),
            link: td_string!(locale, pages.another_room),
        },
        PageError::TooManyRooms => ErrorText {
            title: td_string!(locale, pages.many_rooms),
            message: td_string!(locale, pages.many_rooms_hint).to_owned(),
            link: td_string!(locale, pages.try_again),
        },
        PageError::HistoryUnavailable => ErrorText {
            title: td_string!(locale, pages.unreachable),
            message: td_string!(locale, pages.unreachable_hint).to_owned(),
            link: td_string!(locale, pages.try_again),
        },
    }
}
