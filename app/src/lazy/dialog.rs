use std::{cell::Cell, thread::LocalKey};

use leptos::{html, prelude::*};

use super::{draw_for_good, room};
use crate::state::Chat;

/// A dialog of the page, once it has been opened.
pub type Opened = Cell<Option<NodeRef<html::Dialog>>>;

/// Opens a dialog, which is drawn the first time. One that is open stays as it is.
pub fn open<V: IntoView>(
    opened: &'static LocalKey<Opened>,
    chat: Chat,
    title: &'static str,
    content: impl FnOnce() -> V,
) {
    let Some(room) = room() else { return };
    let draw = || draw_for_good(&room, NodeRef::new, |dialog| framed(chat, title, dialog, content()));
    let dialog = opened.get().unwrap_or_else(draw);
    opened.set(Some(dialog));
    if let Some(dialog) = dialog.get_untracked().filter(|dialog| !dialog.open()) {
        _ = dialog.show_modal();
    }
}

fn framed(chat: Chat, title: &'static str, dialog: NodeRef<html::Dialog>, content: impl IntoView) -> impl IntoView {
    view! {
        <dialog class="dialog" aria-label=title node_ref=dialog>
            <form class="panel-head" method="dialog">
                <h2>{title}</h2>
                <button type="submit" class="panel-close" aria-label=chat.words.close()>
                    <span aria-hidden="true">"×"</span>
                </button>
            </form>
            {content}
        </dialog>
    }
}
