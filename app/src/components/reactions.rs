use client::Reaction;
use leptos::prelude::*;

use crate::{
    state::Chat,
    text::{Words, number},
};

/// As many are told by name of those who reacted the same way.
const NAMED: usize = 20;

/// The emoji that people put to a message. What a click on one does is for the list to see to: see [`super::deeds`].
#[component]
pub fn Reactions(reactions: Vec<Reaction>, chat: Chat) -> impl IntoView {
    reactions
        .into_iter()
        .map(|reaction| {
            let is_own = reaction.people.iter().any(|user| chat.is_me(&user.id));
            view! { <One reaction is_own words=chat.words /> }
        })
        .collect_view()
}

#[component]
fn One(reaction: Reaction, is_own: bool, words: Words) -> impl IntoView {
    let Reaction { emoji, people } = reaction;
    let count = people.len();
    let names: Vec<_> = people.into_iter().take(NAMED).map(|user| user.name).collect();
    let mut who = names.join(", ");
    if count > names.len() {
        who = who + " " + &words.more_people(&number((count - names.len()) as u64));
    }
    let (label, symbol) = (format!("{emoji} {who}"), emoji.clone());
    view! {
        <button
            type="button"
            class="reaction"
            aria-pressed=if is_own { "true" } else { "false" }
            aria-label=label
            data-emoji=emoji
            title=who
        >
            <span aria-hidden="true">{symbol}</span>
            <span class="reaction-count">{count}</span>
        </button>
    }
}
