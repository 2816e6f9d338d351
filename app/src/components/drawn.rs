//! What is drawn as a whole: the text of a message, with its marks, and its reactions.
//!
//! The server draws both with the page. To the browser's page each is an element whose content it does not know, since the code
//! that draws it outweighs all of the room's messages: it keeps what the server drew, puts plain text in by itself, and loads the
//! part that draws the rest when there first is something to draw.

#[cfg(feature = "hydrate")]
pub use kept::{Reacted, Text};
#[cfg(not(feature = "hydrate"))]
pub use rendered::{Reacted, Text};

#[cfg(not(feature = "hydrate"))]
mod rendered {
    use leptos::prelude::*;

    use crate::{
        components::{body::Body, reactions::Reactions},
        state::{Chat, LineView},
    };

    /// What a message says.
    #[component]
    pub fn Text(line: LineView) -> impl IntoView {
        view! {
            <div class="message-text" dir="auto">
                <Body said=line.said.get_untracked() chat=Chat::here() />
            </div>
        }
    }

    /// What people put to it.
    #[component]
    pub fn Reacted(line: LineView) -> impl IntoView {
        view! {
            <div class="reactions">
                <Reactions reactions=line.reactions.get_untracked() chat=Chat::here() />
            </div>
        }
    }
}

#[cfg(feature = "hydrate")]
mod kept {
    use leptos::{prelude::*, task::spawn_local, web_sys::Element};

    use crate::{
        lazy::{draw_reactions, draw_text},
        state::{Chat, LineView},
        text::is_plain,
    };

    /// What a message says, and what becomes of it.
    #[component]
    pub fn Text(line: LineView) -> impl IntoView {
        view! { <div class="message-text" dir="auto" use:text=line></div> }
    }

    /// What people put to it.
    #[component]
    pub fn Reacted(line: LineView) -> impl IntoView {
        view! { <div class="reactions" use:reactions=line></div> }
    }

    fn text(place: Element, line: LineView) {
        let chat = Chat::here();
        keep(place, line.said, move |place, said| {
            let is_plain = said.with_untracked(|said| {
                place.set_text_content(Some(&said.text));
                said.reply.is_none() && is_plain(&said.text)
            });
            if !is_plain {
                let drawn = draw_text(chat, place.clone(), said.clone());
                // Without the part the text is there as it was written; the loader has told the console why.
                spawn_local(async move { _ = drawn.await });
            }
        });
    }

    fn reactions(place: Element, line: LineView) {
        let chat = Chat::here();
        keep(place, line.reactions, move |place, reactions| {
            // The part knows where the focus goes when the one that has it is taken off.
            if reactions.with_untracked(Vec::is_empty) && !place.matches(":focus-within").unwrap_or(false) {
                place.set_text_content(None);
            } else {
                let drawn = draw_reactions(chat, place.clone(), reactions.clone());
                spawn_local(async move { _ = drawn.await });
            }
        });
    }

    /// Draws it into an element that is not the server's, and again when it changes.
    fn keep<T: Send + Sync + 'static>(
        place: Element,
        shown: ArcRwSignal<T>,
        draw: impl Fn(&Element, &ArcRwSignal<T>) + 'static,
    ) {
        let is_new = !place.has_child_nodes();
        let effect = RenderEffect::new(move |before: Option<()>| {
            shown.track();
            if is_new || before.is_some() {
                draw(&place, &shown);
            }
        });
        // For as long as the message is shown.
        StoredValue::new_local(effect);
    }
}
