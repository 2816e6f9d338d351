use leptos::prelude::*;

use super::unsent::Unsent;
use crate::page;

/// Something is wrong, and what to do about it.
#[component]
pub fn Problem(page: page::Problem) -> impl IntoView {
    view! {
        <main class="problem-page">
            <p class="wordmark">"Sala"</p>
            <h1>{page.title}</h1>
            <p>{page.message}</p>
            {page.unsent.map(|text| view! { <Unsent text /> })}
            <p>
                <a class="button" href=page.link>
                    {page.link_text}
                </a>
            </p>
        </main>
    }
}
