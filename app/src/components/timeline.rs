use leptos::{html, prelude::*};

use super::{message::Message, scroll::Scroll, timeline_top::TimelineTop};
use crate::{
    browser::when_drawn,
    state::{Chat, RoomView},
};

/// The messages of the room on the screen. Another room gets new elements, so that it starts at its own end and nobody has
/// it read aloud from the top.
#[component]
pub fn Timeline() -> impl IntoView {
    let chat = Chat::here();
    view! {
        <For each=move || chat.room() key=|room| room.name.clone() let:room>
            <RoomTimeline room />
        </For>
    }
}

#[component]
fn RoomTimeline(room: RoomView) -> impl IntoView {
    let (scroller, sheet) = (NodeRef::<html::Div>::new(), NodeRef::<html::Div>::new());
    let scroll = Scroll::new(scroller, sheet);
    scroll.follow(&room);
    let refused = {
        let refusal = room.refusal.clone();
        move || refusal.get().map(|reason| view! { <Refusal reason /> })
    };
    let lines = room.lines.clone();
    view! {
        <div class="timeline">
            <div
                class="scroller"
                role="log"
                aria-label="Messages"
                tabindex="0"
                node_ref=scroller
                on:scroll=move |_| scroll.scrolled()
            >
                <div class="sheet" node_ref=sheet>
                    {refused}
                    <TimelineTop room=room.clone() />
                    <GapNotice room />
                    <ol id="messages" class="messages">
                        <For each=move || lines.get() key=|line| line.key.clone() let:line>
                            <Message line />
                        </For>
                    </ol>
                </div>
            </div>
            <ToLatest scroll />
        </div>
    }
}

#[component]
fn ToLatest(scroll: Scroll) -> impl IntoView {
    let label = move || if scroll.has_news.get() { "New messages" } else { "Latest messages" };
    view! {
        <button
            type="button"
            class="to-latest"
            class:has-news=move || scroll.has_news.get()
            hidden=move || scroll.at_end.get()
            on:click=move |_| scroll.to_end()
        >
            {label}
            <span aria-hidden="true">" ↓"</span>
        </button>
    }
}
