use leptos::{prelude::*, web_sys::Element};

use super::choice::want;
use crate::{
    browser::{request_notify_permission, restore_focus},
    lazy::{draw, said},
    state::Chat,
};

const ASK: [&str; 3] = [
    "Somebody mentioned you. Should this device notify you the next time, when this page is in the background?",
    "Alguém mencionou você. Seu aparelho deve avisar da próxima vez, quando esta página estiver em segundo plano?",
    "Alguien te mencionó. ¿Quieres que tu dispositivo te avise la próxima vez, cuando esta página esté en segundo plano?",
];

/// Where the question is drawn: a part of the page that a screen reader reads out.
const PLACE: &str = ".notices";

/// A browser asks only those who have just clicked, so the page asks first.
pub fn ask(owner: &Owner) {
    let asked = document().query_selector(".notice.ask").ok().flatten().is_some();
    let place: Option<Element> = document().query_selector(PLACE).ok().flatten();
    if let Some(place) = place.filter(|_| !asked) {
        draw(owner, &place, || view! { <Ask /> });
    }
}

#[component]
fn Ask() -> impl IntoView {
    let chat = Chat::from_context();
    let words = chat.words;
    let is_open = RwSignal::new(true);
    let answer = move |wants| {
        want(chat, wants);
        if wants {
            request_notify_permission(|| {});
        }
        is_open.set(false);
        restore_focus("#msg");
    };
    view! {
        <Show when=move || is_open.get()>
            <div class="notice ask">
                <p>{said(words, ASK)}</p>
                <button type="button" class="small" on:click=move |_| answer(true)>
                    {said(words, ["Notify me", "Me avisar", "Avísame"])}
                </button>
                <button type="button" class="small quiet" on:click=move |_| answer(false)>
                    {said(words, ["Not now", "Agora não", "Ahora no"])}
                </button>
            </div>
        </Show>
    }
}
