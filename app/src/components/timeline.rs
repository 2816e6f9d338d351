use leptos::{html, prelude::*};

use super::{
    message::Message,
    message_handlers::{handle_click, handle_key},
    scroll::Scroll,
    timeline_header::TimelineHeader,
};
use crate::{
    browser::after_paint,
    state::{Chat, RoomState},
    text::number,
};

/// The messages of the current room. Another room gets new elements, so that it starts at its own end and is not
/// announced by screen readers.
#[component]
pub fn Timeline() -> impl IntoView {
    let chat = Chat::from_context();
    view! {
        <For each=move || chat.room() key=|room| room.name.clone() let:room>
            <RoomTimeline room />
        </For>
    }
}

#[component]
fn RoomTimeline(room: RoomState) -> impl IntoView {
    let (scroller, sheet) = (NodeRef::<html::Div>::new(), NodeRef::<html::Div>::new());
    let scroll = Scroll::new(&room, scroller, sheet);
    scroll.keep_position(&room);
    let is_live_region_on = watch_live_region(&room);
    let (chat, window, unread_divider) = (Chat::from_context(), room.window.clone(), room.unread_divider.clone());
    view! {
        <div class="timeline">
            <div
                class="scroller"
                role="region"
                aria-label=Chat::from_context().words.messages()
                tabindex="0"
                node_ref=scroller
                on:scroll=move |_| scroll.handle_scroll()
            >
                <div class="sheet" node_ref=sheet>
                    <TimelineHeader room />
                    <div role="log" aria-live=move || if is_live_region_on.get() { "polite" } else { "off" }>
                        <ol
                            id="messages"
                            class="messages"
                            on:click=move |event| handle_click(chat, &event)
                            on:keydown=move |event| handle_key(chat, &event)
                        >
                            <For each=move || window.with(|window| window.rows().to_vec()) key=|row| row.key.clone() let:row>
                                <Message row unread_divider=unread_divider.clone() />
                            </For>
                        </ol>
                    </div>
                </div>
            </div>
            <ToLatest scroll />
        </div>
    }
}

/// Whether the live region announces changes. Hydration, a room's first page, older messages and rows that scrolling
/// brings in are not announced.
fn watch_live_region(room: &RoomState) -> RwSignal<bool> {
    let (chat, history, window_moved) = (Chat::from_context(), room.history.clone(), room.window_moved.clone());
    let is_on = RwSignal::new(false);
    let is_settled = Memo::new(move |_| {
        chat.is_hydrated() && history.with(|history| history.is_loaded && !history.is_loading_older)
    });
    Effect::new(move || {
        window_moved.track();
        is_on.set(false);
        if !is_settled.get() {
            return;
        }
        // Switches the region on after the loaded rows were painted. The room may be gone by then.
        after_paint(move || {
            if is_settled.try_get_untracked() == Some(true) {
                is_on.set(true);
            }
        });
    });
    is_on
}

#[component]
fn ToLatest(scroll: Scroll) -> impl IntoView {
    let words = Chat::from_context().words;
    let label = move || match scroll.new_below.get() {
        0 => words.latest_messages().to_owned(),
        count => words.new_messages(count, &number(count)),
    };
    view! {
        <button
            type="button"
            class="to-latest"
            class:has-news=move || scroll.new_below.get() != 0
            hidden=move || scroll.at_end.get()
            on:click=move |_| scroll.return_to_end()
        >
            {label}
            <span aria-hidden="true">" ↓"</span>
        </button>
    }
}
