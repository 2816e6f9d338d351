use leptos::prelude::*;
use protocol::User;

use super::header::ClosePanel;
use crate::{
    lazy::{open_invitation, run_or_toast},
    state::{Chat, RoomState},
    text::number,
};

/// Number of `hue-N` classes in `style/_avatar.scss`.
const HUES: u32 = 8;

/// The people in the room: a column, or a panel on narrow screens.
#[component]
pub fn People() -> impl IntoView {
    let chat = Chat::from_context();
    let words = chat.words;
    let people = move || chat.room().map(|room| room.people.get()).unwrap_or_default();
    let count = move || chat.room().map_or(0, |room| room.count.get());
    let more = move || chat.room().map_or(0, |room| unlisted_count(&room));
    view! {
        <aside id="people" class="panel people" popover="auto" aria-label=words.people()>
            <div class="panel-head">
                <h2>{words.people()} " " <span class="badge">{count}</span></h2>
                <ClosePanel panel="people" />
            </div>
            <ul class="people-list">
                <For each=people key=|user| (user.id.clone(), user.name.clone()) let:user>
                    <Person user />
                </For>
            </ul>
            {move || (more() > 0).then(|| view! { <p class="people-more">{words.more_people(&number(more()))}</p> })}
            <button
                type="button"
                class="small invite"
                aria-haspopup="dialog"
                on:click=move |_| run_or_toast(chat, open_invitation(chat))
            >
                {words.invite()}
            </button>
        </aside>
    }
}

#[component]
fn Person(user: User) -> impl IntoView {
    let chat = Chat::from_context();
    let me = chat.is_me(&user.id);
    view! {
        <li>
            <Avatar user=user.clone() />
            <span class="person" dir="auto">
                {user.name}
            </span>
            {me.then(|| view! { <span class="you">{chat.words.you()}</span> })}
        </li>
    }
}

fn unlisted_count(room: &RoomState) -> u64 {
    room.count.get().saturating_sub(room.people.with(|people| people.len() as u64))
}

/// The initial of a name on a background in the person's colour. The style sheet draws the letter, so that it is not
/// part of the message's text.
#[component]
pub fn Avatar(user: User) -> impl IntoView {
    let initial = user.name.chars().next().map(String::from);
    view! { <span class=format!("avatar hue-{}", hue(&user.id)) data-initial=initial aria-hidden="true"></span> }
}

/// Hashes a user id with FNV-1a, which gives the same colour in every browser.
fn hue(id: &str) -> u32 {
    id.bytes().fold(0x811c_9dc5, |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)) % HUES
}
