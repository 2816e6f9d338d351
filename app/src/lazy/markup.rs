use client::Reaction;
use leptos::{prelude::*, web_sys::Element};

use super::{draw_still, part};
use crate::{
    state::{Chat, MessageContent},
    views::{FormattedText, Reactions},
};

part! {
    markup,
    /// Draws what a message says now.
    pub fn draw_text(chat: Chat, place: Element, content: ArcRwSignal<MessageContent>) {
        draw_still(&place, || view! { <FormattedText content=content.get_untracked() chat /> });
    }
}

part! {
    markup,
    /// Draws the reactions to a message.
    pub fn draw_reactions(chat: Chat, place: Element, reactions: ArcRwSignal<Vec<Reaction>>) {
        // The one that has the focus is another element then.
        let focused = document().active_element().filter(|element| place.contains(Some(element)));
        let emoji = focused.and_then(|element| element.get_attribute("data-emoji"));
        draw_still(&place, || view! { <Reactions reactions=reactions.get_untracked() chat /> });
        if let Some(emoji) = emoji
            && !super::focus_on(&place, &format!("[data-emoji=\"{emoji}\"]"))
            && let Some(message) = place.parent_element()
        {
            super::focus_on(&message, ".message-more");
        }
    }
}
