use client::Reaction;
use leptos::prelude::*;

use crate::{
    state::Chat,
    text::{Words, number},
};

/// How many people a reaction names before it counts the rest.
const MAX_NAMES: usize = 20;

/// The reactions to a message. The message list handles clicks.
#[component]
pub fn Reactions(reactions: Vec<Reaction>, chat: Chat) -> impl IntoView {
    reactions
        .into_iter()
        .map(|reaction| {
            let is_own = reaction.people.iter().any(|user| chat.is_me(&user.id));
            view! { <ReactionButton reaction is_own words=chat.words /> }
        })
        .collect_view()
}

#[component]
fn ReactionButton(reaction: Reaction, is_own: bool, words: Words) -> impl IntoView {
    let (who, count) = (reactor_names(&reaction, words), reaction.people.len());
    let emoji = reaction.emoji;
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

/// The names of the people who reacted, up to [`MAX_NAMES`].
pub fn reactor_names(reaction: &Reaction, words: Words) -> String {
    let people = &reaction.people;
    let names: Vec<_> = people.iter().take(MAX_NAMES).map(|user| user.name.as_str()).collect();
    let who = names.join(", ");
    match people.len() - names.len() {
        0 => who,
        more => who + " " + &words.more_people(&number(more as u64)),
    }
}
