use leptos::prelude::*;
use leptos_i18n::td_string;

use super::unsent::Unsent;
use crate::{
    i18n::Locale,
    page::{self, Trouble, Words},
    preferences::Language,
};

/// Something is wrong, and what to do about it.
#[component]
pub fn Problem(page: page::Problem, language: Language) -> impl IntoView {
    let Said { title, message, link } = said(page.trouble, language);
    view! {
        <main class="problem-page">
            <p class="wordmark">"Sala"</p>
            <h1>{title}</h1>
            <p>{message}</p>
            {page.unsent.map(|text| view! { <Unsent text language /> })}
            <p>
                <a class="button" href=page.link>
                    {link}
                </a>
            </p>
        </main>
    }
}

/// A few words about it.
pub fn title(trouble: Trouble, language: Language) -> &'static str {
    said(trouble, language).title
}

struct Said {
    title: &'static str,
    /// What happened and what to do.
    message: String,
    /// What the link says.
    link: &'static str,
}

fn said(trouble: Trouble, language: Language) -> Said {
    let locale = Locale::from(language);
    match trouble {
        Trouble::Offline => Said {
            title: td_string!(locale, pages.offline),
            message: td_string!(locale, pages.offline_hint).to_owned(),
            link: td_string!(locale, pages.try_again),
        },
        Trouble::ForeignForm => Said {
            title: td_string!(locale, pages.foreign_form),
            message: td_string!(locale, pages.foreign_form_hint).to_owned(),
            link: td_string!(locale, pages.front_page),
        },
        Trouble::NothingHere => Said {
            title: td_string!(locale, pages.nothing_here),
            message: td_string!(locale, pages.nothing_here_hint).to_owned(),
            link: td_string!(locale, pages.front_page),
        },
        Trouble::NoSuchRoom(problem) => Said {
            title: td_string!(locale, pages.no_such_room),
            message: Words::of(language).of_room(problem),
            link: td_string!(locale, pages.another_room),
        },
        Trouble::ManyRooms => Said {
            title: td_string!(locale, pages.many_rooms),
            message: td_string!(locale, pages.many_rooms_hint).to_owned(),
            link: td_string!(locale, pages.try_again),
        },
        Trouble::Unreachable => Said {
            title: td_string!(locale, pages.unreachable),
            message: td_string!(locale, pages.unreachable_hint).to_owned(),
            link: td_string!(locale, pages.try_again),
        },
    }
}
