use leptos::{prelude::*, web_sys::Element};

use super::{draw, part};

/// What each key does. A slash stands between keys that do the same.
const SHORTCUTS: [(&str, &str); 4] = [
    ("Enter", "Send the message"),
    ("Shift+Enter", "Break the line"),
    ("Ctrl+K / ⌘K", "Go to a room"),
    ("?", "Show this list"),
];

part! {
    shortcuts,
    /// Lists the shortcuts in `place`.
    pub fn list_shortcuts(owner: Owner, place: Element) {
        draw(&owner, &place, || view! { <Shortcuts /> });
    }
}

#[component]
fn Shortcuts() -> impl IntoView {
    let row = |(keys, action)| {
        view! {
            <div>
                <dt>
                    <kbd>{keys}</kbd>
                </dt>
                <dd>{action}</dd>
            </div>
        }
    };
    view! { <dl class="shortcuts">{SHORTCUTS.map(row).collect_view()}</dl> }
}
