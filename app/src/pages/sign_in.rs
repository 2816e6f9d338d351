use leptos::prelude::*;
use protocol::limits;

use super::unsent::Unsent;
use crate::page;

/// The landing page: a name and a room are all it takes.
#[component]
pub fn SignIn(page: page::SignIn) -> impl IntoView {
    let page::SignIn { name, room, problem, unsent } = page;
    let has_problem = problem.is_some();
    view! {
        <div class="landing">
            <div class="tiles" aria-hidden="true"></div>
            <main class="welcome">
                <p class="wordmark">"Sala"</p>
                <h1>"A room to talk in."</h1>
                <p class="lead">
                    "Say who you are and name a room. Whoever names the same one is there with you."
                </p>
                <form class="sign-in" method="post" action="/api/sign_in">
                    {problem.map(|problem| view! { <p id="problem" class="problem" role="alert">{problem}</p> })}
                    {unsent.map(|text| view! { <Unsent text /> })}
                    <label for="name">"Your name"</label>
                    <input
                        id="name"
                        name="name"
                        value=name
                        required
                        maxlength=limits::USER_NAME
                        autocomplete="nickname"
                        autofocus
                        dir="auto"
                        aria-describedby=has_problem.then_some("problem")
                    />
                    <label for="room">"Room"</label>
                    <input
                        id="room"
                        name="room"
                        value=room
                        required
                        maxlength=limits::ROOM_NAME
                        autocomplete="off"
                        autocapitalize="none"
                        placeholder="lobby"
                        dir="auto"
                        aria-describedby=has_problem.then_some("problem")
                    />
                    <button type="submit" class="signin">
                        "Enter the room"
                    </button>
                </form>
            </main>
        </div>
    }
}
