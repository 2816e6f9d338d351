use leptos::prelude::*;

use crate::{
    page::{self, PageError, Words},
    preferences::Language,
    text::words::pages,
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
    match error {
        PageError::Offline => ErrorText {
            title: pages::offline(language),
            message: pages::offline_hint(language).to_owned(),
            link: pages::try_again(language),
        },
        PageError::ForeignForm => ErrorText {
            title: pages::foreign_form(language),
            message: pages::foreign_form_hint(language).to_owned(),
            link: pages::front_page(language),
        },
        PageError::NotFound => ErrorText {
            title: pages::nothing_here(language),
            message: pages::nothing_here_hint(language).to_owned(),
            link: pages::front_page(language),
        },
        PageError::InvalidRoomName(problem) => ErrorText {
            title: pages::no_such_room(language),
            message: Words::of(language).room_name_problem(problem),
            link: pages::another_room(language),
        },
        PageError::TooManyRooms => ErrorText {
            title: pages::many_rooms(language),
            message: pages::many_rooms_hint(language).to_owned(),
            link: pages::try_again(language),
        },
        PageError::HistoryUnavailable => ErrorText {
            title: pages::unreachable(language),
            message: pages::unreachable_hint(language).to_owned(),
            link: pages::try_again(language),
        },
    }
}
