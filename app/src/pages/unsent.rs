use leptos::prelude::*;

/// A message that would be lost with the page, to be copied: whether it can be sent again is another question.
#[component]
pub fn Unsent(text: String) -> impl IntoView {
    view! {
        <figure class="unsent">
            <figcaption>"Your message was not sent. Copy it, and send it when you are in the room:"</figcaption>
            <blockquote dir="auto">{text}</blockquote>
        </figure>
    }
}
