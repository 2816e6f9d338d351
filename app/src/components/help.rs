use leptos::{ev, html, prelude::*, wasm_bindgen::JsCast, web_sys::Element};

use super::part::{Part, PartState};
use crate::{lazy::list_shortcuts, state::Chat};

/// The keyboard's shortcuts, in a dialog that `?` opens, and a button. What it lists is loaded when it is first opened.
#[component]
pub fn Help() -> impl IntoView {
    let (dialog, list) = (NodeRef::<html::Dialog>::new(), NodeRef::<html::Div>::new());
    let part = Part::new();
    let words = Chat::here().words;
    let owner = StoredValue::new(Owner::current());
    let load = move || {
        if let (Some(owner), Some(list)) = (owner.get_value(), list.get_untracked()) {
            part.load(list_shortcuts(owner, list.into()));
        }
    };
    let open = move || {
        // One that is open already stays as it is.
        if dialog.get_untracked().is_some_and(|dialog| dialog.show_modal().is_ok()) {
            load();
        }
    };
    listen(open);
    view! {
        <button
            type="button"
            class="help-open"
            aria-label=words.shortcuts()
            aria-haspopup="dialog"
            on:click=move |_| open()
        >
            "?"
        </button>
        <dialog class="help" aria-labelledby="help-title" node_ref=dialog>
            <form class="panel-head" method="dialog">
                <h2 id="help-title">{words.shortcuts()}</h2>
                <button type="submit" class="panel-close" aria-label=words.close()>
                    <span aria-hidden="true">"×"</span>
                </button>
            </form>
            <div node_ref=list></div>
            <PartState part load />
        </dialog>
    }
}

/// Listens for the key, for as long as the page lives.
fn listen(open: impl Fn() + 'static) {
    let open = StoredValue::new_local(open);
    Effect::new(move || {
        _ = window_event_listener(ev::keydown, move |event| {
            if event.key() == "?" && !is_written(&event) {
                event.prevent_default();
                open.with_value(|open| open());
            }
        });
    });
}

/// Whether the key goes into a text, or is part of a shortcut of the browser.
fn is_written(event: &ev::KeyboardEvent) -> bool {
    let field = |element: Element| element.closest("input, textarea, select, [contenteditable]").ok().flatten();
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    event.ctrl_key() || event.alt_key() || event.meta_key() || target.and_then(field).is_some()
}
