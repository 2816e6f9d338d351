use client::Reaction;
use leptos::{prelude::*, web_sys::Element};

use super::{lazy_chunk, replace_content};
use crate::{
    state::{Chat, MessageContent},
    views::{FormattedText, Reactions},
};

lazy_chunk! {
    markup,
    /// Renders the current content of a message into `parent`.
    pub fn render_message_body(chat: Chat, parent: Element, content: ArcRwSignal<MessageContent>) {
        replace_content(&parent, || view! { <FormattedText content=content.get_untracked() chat /> });
    }
}

lazy_chunk! {
    markup,
    /// Renders the reactions to a message into `parent`, and keeps the focus on the one that has it.
    pub fn render_reactions(chat: Chat, parent: Element, reactions: ArcRwSignal<Vec<Reaction>>) {
        // Rendering replaces the element that has the focus.
        let focused = document().active_element().filter(|element| parent.contains(Some(element)));
        let emoji = focused.and_then(|element| element.get_attribute("data-emoji"));
        replace_content(&parent, || view! { <Reactions reactions=reactions.get_untracked() chat /> });
        if let Some(emoji) = emoji
            && !super::focus_first(&parent, &format!("[data-emoji=\"{emoji}\"]"))
            && let Some(message) = parent.parent_element()
        {
            super::focus_first(&message, ".message-more");
        }
    }
}
