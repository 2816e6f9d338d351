use leptos::prelude::*;
use protocol::limits;

use crate::{
    page,
    preferences::{Language, Theme},
    text::{room_path, user_name_problem, words::pages},
};

/// Id of the form. The room page adds a field with the current room to it.
pub const FORM: &str = "settings-form";

/// The settings as a page of their own, shown when a value was invalid.
#[component]
pub fn Settings(page: page::SettingsPage, language: Language) -> impl IntoView {
    let back = if page.room.is_empty() { "/".to_owned() } else { room_path(&page.room) };
    view! {
        <main class="problem-page">
            <p class="wordmark">"Sala"</p>
            <h1>{pages::settings(language)}</h1>
            <SettingsForm room=Some(page.room.clone()) page language />
            <p>
                <a href=back>{pages::back_to_room(language)}</a>
            </p>
        </main>
    }
}

/// The settings in a popover. It works without a script and adds nothing to the Wasm.
#[component]
pub fn SettingsSheet(page: page::SettingsPage, room: Option<String>, language: Language) -> impl IntoView {
    let title = match page.name {
        Some(_) => pages::settings(language),
        None => pages::appearance(language),
    };
    view! {
        <section id="settings" class="card" popover="auto" aria-labelledby="settings-title">
            <h2 id="settings-title">{title}</h2>
            <SettingsForm page room language />
        </section>
    }
}

#[component]
fn SettingsForm(page: page::SettingsPage, room: Option<String>, language: Language) -> impl IntoView {
    let page::SettingsPage { name, problem, language: chosen, theme, .. } = page;
    view! {
        <form id=FORM class="settings" method="post" action="/api/settings">
            {room.map(|room| view! { <input type="hidden" name="room" value=room /> })}
            {name.map(|name| view! { <NameField name problem language /> })}
            <label for="settings-language">{pages::language(language)}</label>
            <select id="settings-language" name="language" autocomplete="off">
                <option value="" selected=chosen.is_none()>
                    {pages::language_automatic(language)}
                </option>
                {Language::ALL.map(|language| view! { <LanguageOption language chosen /> }).collect_view()}
            </select>
            <label for="settings-theme">{pages::theme(language)}</label>
            <select id="settings-theme" name="theme" autocomplete="off">
                {[
                    (Theme::System, pages::theme_system(language)),
                    (Theme::Light, pages::theme_light(language)),
                    (Theme::Dark, pages::theme_dark(language)),
                ]
                    .map(|(each, words)| {
                        view! {
                            <option value=each.name().unwrap_or_default() selected=each == theme>
                                {words}
                            </option>
                        }
                    })
                    .collect_view()}
            </select>
            <button type="submit">{pages::save(language)}</button>
        </form>
    }
}

#[component]
fn NameField(name: String, problem: Option<protocol::NameProblem>, language: Language) -> impl IntoView {
    let describedby = problem.map(|_| "settings-problem");
    view! {
        <label for="settings-name">{pages::your_name(language)}</label>
        <input
            id="settings-name"
            name="name"
            value=name
            required
            maxlength=2 * limits::USER_NAME
            autocomplete="nickname"
            dir="auto"
            aria-invalid=problem.map(|_| "true")
            aria-describedby=describedby
        />
        {problem
            .map(|problem| {
                view! {
                    <p id="settings-problem" class="problem" role="alert">
                        {user_name_problem(problem, language)}
                    </p>
                }
            })}
    }
}

#[component]
fn LanguageOption(language: Language, chosen: Option<Language>) -> impl IntoView {
    view! {
        <option value=language.tag() lang=language.tag() selected=chosen == Some(language)>
            {pages::language_name(language)}
        </option>
    }
}
