//! What is drawn as a whole: the text of a message, with its marks, and its reactions.
//!
//! The server draws both with the page. To the browser's page each is an element whose content it does not know, since the code
//! that draws it outweighs all of the room's messages: it keeps what the server drew, puts plain text in by itself, and loads the
//! part that draws the rest when there first is something to draw.

#[cfg(feature = "hydrate")]
pub use hydrated::{MessageBody, MessageReactions};
#[cfg(not(feature = "hydrate"))]
pub use rendered::{MessageBody, MessageReactions};

#[cfg(not(feature = "hydrate"))]
mod rendered {
    use leptos::prelude::*;

    use crate::{
        state::{Chat, MessageRow},
        views::{FormattedText, Reactions},
    };

    /// What a message says.
    #[component]
    pub fn MessageBody(row: MessageRow) -> impl IntoView {
        view! {
            <div class="message-text" dir="auto">
                <FormattedText content=row.content.get_untracked() chat=Chat::from_context() />
            </div>
        }
    }

    /// What people put to it.
    #[component]
    pub fn MessageReactions(row: MessageRow) -> impl IntoView {
        view! {
            <div class="reactions">
                <Reactions reactions=row.reactions.get_untracked() chat=Chat::from_context() />
            </div>
        }
    }
}

#[cfg(feature = "hydrate")]
mod hydrated {
    use leptos::{prelude::*, task::spawn_local, web_sys::Element};

    use crate::{
        lazy::{render_message_body, render_reactions},
        state::{Chat, MessageRow},
        text::is_plain,
    };

    /// What a message says, and what becomes of it.
    #[component]
    pub fn MessageBody(row: MessageRow) -> impl IntoView {
        view! { <div class="message-text" dir="auto" use:body=row></div> }
    }

    /// What people put to it.
    #[component]
    pub fn MessageReactions(row: MessageRow) -> impl IntoView {
        view! { <div class="reactions" use:reactions=row></div> }
    }

    fn body(container: Element, row: MessageRow) {
        let chat = Chat::from_context();
        redraw_on_change(container, row.content, move |container, content| {
            let is_plain = content.with_untracked(|content| {
                container.set_text_content(Some(&content.text));
                content.reply.is_none() && is_plain(&content.text)
            });
            if !is_plain {
                let drawing = render_message_body(chat, container.clone(), content.clone());
                // Without the part the text is there as it was written; the loader has told the console why.
                spawn_local(async move { _ = drawing.await });
            }
        });
    }

    fn reactions(container: Element, row: MessageRow) {
        let chat = Chat::from_context();
        redraw_on_change(container, row.reactions, move |container, reactions| {
            // The part knows where the focus goes when the one that has it is taken off.
            if reactions.with_untracked(Vec::is_empty) && !container.matches(":focus-within").unwrap_or(false) {
                container.set_text_content(None);
            } else {
                let drawing = render_reactions(chat, container.clone(), reactions.clone());
                spawn_local(async move { _ = drawing.await });
            }
        });
    }

    /// Draws it into an element that is not the server's, and again when it changes.
    fn redraw_on_change<T: Send + Sync + 'static>(
        container: Element,
        signal: ArcRwSignal<T>,
        draw: impl Fn(&Element, &ArcRwSignal<T>) + 'static,
    ) {
        let is_new = !container.has_child_nodes();
        let effect = RenderEffect::new(move |before: Option<()>| {
            signal.track();
            if is_new || before.is_some() {
                draw(&container, &signal);
            }
        });
        // For as long as the message is signal.
        StoredValue::new_local(effect);
    }
}
