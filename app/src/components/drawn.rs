//! What is drawn as a whole: the text of a message, with its marks, and its reactions.
//!
//! The server draws both with the page. To the browser's page each is an element whose content it does not know, since the code
//! that draws it outweighs all of the room's messages: it keeps what the server drew, puts plain text in by itself, and loads the
//! part that draws the rest when there first is something to draw.

use leptos::web_sys::Element;

use crate::state::LineView;

/// Shows the text of a message, and what becomes of it.
pub fn keep_text(place: Element, line: LineView) {
    #[cfg(feature = "hydrate")]
    kept::text(place, line);
    #[cfg(not(feature = "hydrate"))]
    let _ = (place, line);
}

/// Shows the reactions to a message.
pub fn keep_reactions(place: Element, line: LineView) {
    #[cfg(feature = "hydrate")]
    kept::reactions(place, line);
    #[cfg(not(feature = "hydrate"))]
    let _ = (place, line);
}

#[cfg(feature = "hydrate")]
pub use kept::{rendered_reactions, rendered_text};
#[cfg(not(feature = "hydrate"))]
pub use rendered::{rendered_reactions, rendered_text};

#[cfg(not(feature = "hydrate"))]
mod rendered {
    use leptos::prelude::*;

    use crate::{
        components::{body::Body, reactions::Reactions},
        state::{Chat, LineView},
    };

    pub fn rendered_text(line: &LineView) -> impl IntoView + use<> {
        let (said, me) = (line.said.get_untracked(), Chat::here().me.with_value(|me| me.name.clone()));
        view! { <Body said me /> }
    }

    pub fn rendered_reactions(line: &LineView) -> impl IntoView + use<> {
        let (reactions, me) = (line.reactions.get_untracked(), Chat::here().me.with_value(|me| me.id.clone()));
        view! { <Reactions reactions me /> }
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

    pub const fn rendered_text(_: &LineView) {}

    pub const fn rendered_reactions(_: &LineView) {}

    pub fn text(place: Element, line: LineView) {
        let me = Chat::here().me.with_value(|me| me.name.clone());
        keep(place, line.said, move |place, said| {
            let is_plain = said.with_untracked(|said| {
                place.set_text_content(Some(&said.text));
                said.reply.is_none() && is_plain(&said.text)
            });
            if !is_plain {
                let drawn = draw_text(place.clone(), said.clone(), me.clone());
                // Without the part the text is there as it was written; the loader has told the console why.
                spawn_local(async move { _ = drawn.await });
            }
        });
    }

    pub fn reactions(place: Element, line: LineView) {
        let me = Chat::here().me.with_value(|me| me.id.clone());
        keep(place, line.reactions, move |place, reactions| {
            if reactions.with_untracked(Vec::is_empty) {
                place.set_text_content(None);
            } else {
                let drawn = draw_reactions(place.clone(), reactions.clone(), me.clone());
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
