use client::Reaction;
use leptos::{prelude::*, web_sys::Element};

use super::{draw_still, part};
use crate::{
    components::{body::Body, reactions::Reactions},
    state::Said,
};

part! {
    markup,
    /// Draws what a message says now, for the reader of that name.
    pub fn draw_text(place: Element, said: ArcRwSignal<Said>, me: String) {
        draw_still(&place, || view! { <Body said=said.get_untracked() me /> });
    }
}

part! {
    markup,
    /// Draws the reactions to a message, for the reader of that id.
    pub fn draw_reactions(place: Element, reactions: ArcRwSignal<Vec<Reaction>>, me: String) {
        // The one that has the focus is another element then.
        let focused = document().active_element().filter(|element| place.contains(Some(element)));
        let emoji = focused.and_then(|element| element.get_attribute("data-emoji"));
        draw_still(&place, || view! { <Reactions reactions=reactions.get_untracked() me /> });
        if let Some(emoji) = emoji {
            super::focus_on(&place, &format!("[data-emoji=\"{emoji}\"]"));
        }
    }
}
