use std::{cell::Cell, thread::LocalKey};

use leptos::{html, prelude::*};

use super::{main_landmark, mount_permanently};
use crate::state::Chat;

/// A modal dialog that is mounted when it is first opened.
pub type LazyDialog = Cell<Option<NodeRef<html::Dialog>>>;

/// Opens a dialog unless it is open. The first call mounts it with `content`.
pub fn open_dialog<V: IntoView>(
    dialog: &'static LocalKey<LazyDialog>,
    chat: Chat,
    title: &'static str,
    content: impl FnOnce() -> V,
) {
    let Some(parent) = main_landmark() else { return };
    let mount = || mount_permanently(&parent, NodeRef::new, |node| frame(chat, title, node, content()));
    let node = dialog.get().unwrap_or_else(mount);
    dialog.set(Some(node));
    if let Some(element) = node.get_untracked().filter(|element| !element.open()) {
        _ = element.show_modal();
    }
}

fn frame(chat: Chat, title: &'static str, node: NodeRef<html::Dialog>, content: impl IntoView) -> impl IntoView {
    view! {
        <dialog class="dialog" aria-label=title node_ref=node>
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
