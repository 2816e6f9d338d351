use leptos::{prelude::*, web_sys::Element};

use super::{draw, part, said};
use crate::{
    browser::{Permission, ask_to_notify, beep, may_notify, notify, rest_focus},
    state::{Action, Chat},
};

part! {
    mention,
    /// Tells of a mention that the reader does not see: by the system if they allow it. Whether they do is asked at the first one.
    pub fn tell_mention(owner: Owner, chat: Chat, room: String, author: String, text: String) {
        match may_notify() {
            Permission::Granted => tell(chat, room, &author, &text),
            Permission::Open if chat.choice(NOTIFY).is_none() => ask(&owner),
            Permission::Open | Permission::Denied => {}
        }
    }
}

/// What is kept of the reader's choices.
const NOTIFY: &str = "notify";
const SOUND: &str = "sound";

const ASK: [&str; 3] = [
    "Somebody mentioned you. Shall your device tell you of the next time, when this page is in the background?",
    "Alguém mencionou você. Seu aparelho deve avisar da próxima vez, quando esta página estiver em segundo plano?",
    "Alguien te mencionó. ¿Quieres que tu dispositivo te avise la próxima vez, cuando esta página esté en segundo plano?",
];

/// Where the question is drawn: a part of the page that a screen reader reads out.
const PLACE: &str = ".notices";

fn tell(chat: Chat, room: String, author: &str, text: &str) {
    if chat.choice(SOUND).is_some_and(|sound| sound == "on") {
        beep();
    }
    if document().hidden() {
        let title =
            [author, said(chat.words, [" mentions you in ", " menciona você em ", " te menciona en "]), &room].concat();
        let tag = room.clone();
        notify(&title, text, &tag, move || chat.act(Action::Enter(room.clone())));
    }
}

/// A browser asks only those who have just clicked, so the page asks first.
fn ask(owner: &Owner) {
    let asked = document().query_selector(".notice.ask").ok().flatten().is_some();
    let place: Option<Element> = document().query_selector(PLACE).ok().flatten();
    if let Some(place) = place.filter(|_| !asked) {
        draw(owner, &place, || view! { <Ask /> });
    }
}

#[component]
fn Ask() -> impl IntoView {
    let chat = Chat::here();
    let words = chat.words;
    let (is_open, sound) = (RwSignal::new(true), RwSignal::new(false));
    let close = move || {
        is_open.set(false);
        rest_focus("#msg");
    };
    let agree = move |_| {
        chat.keep_choice(SOUND, if sound.get_untracked() { "on" } else { "off" });
        ask_to_notify();
        close();
    };
    let refuse = move |_| {
        chat.keep_choice(NOTIFY, "not now");
        close();
    };
    view! {
        <Show when=move || is_open.get()>
            <div class="notice ask">
                <p>{said(words, ASK)}</p>
                <label>
                    <input type="checkbox" on:change=move |_| sound.update(|sound| *sound = !*sound) />
                    {said(words, [" with a sound", " com som", " con sonido"])}
                </label>
                <button type="button" class="small" on:click=agree>
                    {said(words, ["Notify me", "Avisar-me", "Avísame"])}
                </button>
                <button type="button" class="small quiet" on:click=refuse>
                    {said(words, ["Not now", "Agora não", "Ahora no"])}
                </button>
            </div>
        </Show>
    }
}
