use leptos::prelude::*;
use protocol::limits;

use super::{error::UnsentMessage, settings::SettingsSheet};
use crate::{
    page::{self, SignInProblem, Words},
    preferences::{Language, Preferences},
    text::{user_name_problem, words::pages},
};

/// The landing page with the sign-in form.
#[component]
pub fn SignIn(page: page::SignInPage, preferences: Preferences) -> impl IntoView {
    let Preferences { chosen, language, theme } = preferences;
    let page::SignInPage { name, room, problem, unsent } = page;
    let has_problem = problem.is_some();
    let settings = page::SettingsPage { name: None, problem: None, language: chosen, theme, room: room.clone() };
    let back = Some(room.clone());
    view! {
        <div class="landing">
            <div class="tiles" aria-hidden="true"></div>
            <main class="welcome">
                <p class="wordmark">"Sala"</p>
                <h1>{pages::headline(language)}</h1>
                <p class="lead">{pages::lead(language)}</p>
                <form class="sign-in" method="post" action="/api/sign_in">
                    {problem
                        .map(|problem| {
                            view! {
                                <p id="problem" class="problem" role="alert">
                                    {problem_text(problem, language)}
                                </p>
                            }
                        })}
                    {unsent.map(|text| view! { <UnsentMessage text language /> })}
                    <label for="name">{pages::your_name(language)}</label>
                    <input
                        id="name"
                        name="name"
                        value=name
                        required
                        maxlength=2 * limits::USER_NAME
                        autocomplete="nickname"
                        autofocus
                        dir="auto"
                        aria-describedby=has_problem.then_some("problem")
                    />
                    <label for="room">{pages::room(language)}</label>
                    <input
                        id="room"
                        name="room"
                        value=room
                        required
                        maxlength=2 * limits::ROOM_NAME
                        autocomplete="off"
                        autocapitalize="none"
                        placeholder=pages::room_example(language)
                        dir="auto"
                        aria-describedby=has_problem.then_some("problem")
                    />
                    <button type="submit" class="signin">
                        {pages::enter(language)}
                    </button>
                </form>
                <button type="button" class="small quiet" popovertarget="settings">
                    {pages::appearance(language)}
                </button>
            </main>
        </div>
        <SettingsSheet page=settings room=back language />
    }
}

fn problem_text(problem: SignInProblem, language: Language) -> String {
    match problem {
        SignInProblem::Name(problem) => user_name_problem(problem, language),
        SignInProblem::Room(problem) => Words::of(language).room_name_problem(problem),
        SignInProblem::SessionOver => pages::not_signed_in(language).to_owned(),
    }
}
