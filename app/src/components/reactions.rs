use client::Reaction;
use leptos::prelude::*;

use crate::{
    state::Chat,
    text::{counted, listed},
};

/// The names that are told of those who reacted the same way.
const NAMED: usize = 20;

/// The emoji that people put to a message. What a click on one does is for the list to see to: see [`super::deeds`].
#[component]
pub fn Reactions(reactions: Vec<Reaction>, chat: Chat) -> impl IntoView {
    reactions
        .into_iter()
        .map(|reaction| {
            let is_own = reaction.people.iter().any(|user| chat.is_me(&user.id));
            view! { <One reaction is_own /> }
        })
        .collect_view()
}

#[component]
fn One(reaction: Reaction, is_own: bool) -> impl IntoView {
    let Reaction { emoji, people } = reaction;
    let count = people.len();
    let mut names: Vec<_> = people.into_iter().take(NAMED + 1).map(|user| user.name).collect();
    let more = count.saturating_sub(NAMED);
    if more > 0 {
        names.truncate(NAMED);
        names.push(counted(more as u64, "other", "others"));
    }
    let who = listed_all(&names);
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

fn listed_all(names: &[String]) -> String {
    match names {
        [first @ .., last] if first.len() > 2 => format!("{} and {last}", first.join(", ")),
        names => listed(names),
    }
}
