use leptos::{html, prelude::*};

use super::{
    deeds::{clicked, pressed},
    message::Message,
    scroll::Scroll,
    timeline_top::TimelineTop,
};
use crate::{
    browser::when_drawn,
    state::{Chat, RoomView},
    text::number,
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
    let scroll = Scroll::new(&room, scroller, sheet);
    scroll.follow(&room);
    let is_read_aloud = watch_news(&room);
    let (chat, lines, stopped_at) = (Chat::here(), room.lines.clone(), room.stopped_at.clone());
    view! {
        <div class="timeline">
            <div
                class="scroller"
                role="region"
                aria-label=Chat::here().words.messages()
                tabindex="0"
                node_ref=scroller
                on:scroll=move |_| scroll.scrolled()
            >
                <div class="sheet" node_ref=sheet>
                    <TimelineTop room />
                    <div role="log" aria-live=move || if is_read_aloud.get() { "polite" } else { "off" }>
                        <ol
                            id="messages"
                            class="messages"
                            on:click=move |event| clicked(chat, &event)
                            on:keydown=move |event| pressed(chat, &event)
                        >
                            <For each=move || lines.get() key=|line| line.key.clone() let:line>
                                <Message line stopped_at=stopped_at.clone() />
                            </For>
                        </ol>
                    </div>
                </div>
            </div>
            <ToLatest scroll />
        </div>
    }
}

/// Whether what changes in the messages is news, for a screen reader to say. The take-over of the page, the first page of a
/// room, older ones and those that a reader comes to by scrolling are not.
fn watch_news(room: &RoomView) -> RwSignal<bool> {
    let (chat, top, looked) = (Chat::here(), room.top.clone(), room.looked.clone());
    let is_news = RwSignal::new(false);
    let is_settled = Memo::new(move |_| chat.is_live() && top.with(|top| top.is_loaded && !top.is_loading_older));
    Effect::new(move || {
        looked.track();
        is_news.set(false);
        if !is_settled.get() {
            return;
        }
        // What was loaded is drawn first. The room may have been left by then.
        when_drawn(move || {
            if is_settled.try_get_untracked() == Some(true) {
                is_news.set(true);
            }
        });
    });
    is_news
}

#[component]
fn ToLatest(scroll: Scroll) -> impl IntoView {
    let words = Chat::here().words;
    let label = move || match scroll.below.get() {
        0 => words.latest_messages().to_owned(),
        count => words.new_messages(count, &number(count)),
    };
    view! {
        <button
            type="button"
            class="to-latest"
            class:has-news=move || scroll.below.get() != 0
            hidden=move || scroll.at_end.get()
            on:click=move |_| scroll.back_to_end()
        >
            {label}
            <span aria-hidden="true">" ↓"</span>
        </button>
    }
}
