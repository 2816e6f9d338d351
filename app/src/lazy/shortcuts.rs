use leptos::{prelude::*, wasm_split::wasm_split, web_sys::Element};

use super::{NotLoaded, draw};

/// What each key does. A slash stands between keys that do the same.
const SHORTCUTS: [(&str, &str); 6] = [
    ("Enter", "Send the message"),
    ("Shift+Enter", "Break the line"),
    ("↑", "Edit your last message"),
    ("Esc", "Cancel"),
    ("Ctrl+K / ⌘K", "Go to another room"),
    ("?", "Show this list"),
];

/// Lists the shortcuts in `place`.
#[wasm_split(shortcuts, wasm_split_path = leptos::wasm_split, fallible)]
pub fn list_shortcuts(owner: Owner, place: Element) -> Result<(), NotLoaded> {
    draw(&owner, &place, || view! { <Shortcuts /> });
    Ok(())
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
