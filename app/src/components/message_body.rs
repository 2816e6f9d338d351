//! The formatted text of a message and its reactions.
//!
//! The server renders both into the page. In the browser each is an opaque element: the code that formats text is
//! larger than all other code of the messages. The browser keeps what the server rendered, inserts plain text by
//! itself, and loads the chunk that renders the rest when it is first needed.

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

    /// The text of a message.
    #[component]
    pub fn MessageBody(row: MessageRow) -> impl IntoView {
        view! {
            <div class="message-text" dir="auto">
                <FormattedText content=row.content.get_untracked() chat=Chat::from_context() />
            </div>
        }
    }

    /// The reactions to a message.
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

    /// The text of a message. Updates with its content.
    #[component]
    pub fn MessageBody(row: MessageRow) -> impl IntoView {
        view! { <div class="message-text" dir="auto" use:body=row></div> }
    }

    /// The reactions to a message.
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
                // If the chunk cannot be loaded, the plain text stays. The loader logs the error to the console.
                spawn_local(async move { _ = drawing.await });
            }
        });
    }

    fn reactions(container: Element, row: MessageRow) {
        let chat = Chat::from_context();
        redraw_on_change(container, row.reactions, move |container, reactions| {
            // The chunk moves the focus if the focused reaction is removed.
            if reactions.with_untracked(Vec::is_empty) && !container.matches(":focus-within").unwrap_or(false) {
                container.set_text_content(None);
            } else {
                let drawing = render_reactions(chat, container.clone(), reactions.clone());
                spawn_local(async move { _ = drawing.await });
            }
        });
    }

    /// Draws a value into an element that the server did not render, and again whenever it changes.
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
        // Keeps the effect alive as long as the message.
        StoredValue::new_local(effect);
    }
}
