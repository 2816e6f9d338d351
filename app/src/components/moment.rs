use leptos::prelude::*;

use crate::{
    browser::local,
    state::{Chat, LineView},
    text::{Day, Words, clock, date, iso},
};

/// When a message was said: in UTC as the server rendered it, then by the reader's clock. The day goes without saying if it is
/// today's, and within a group.
#[component]
pub fn Moment(line: LineView) -> impl IntoView {
    let chat = Chat::here();
    let words = chat.words;
    let LineView { at, continues, .. } = line;
    let datetime = {
        let at = at.clone();
        move || iso(at.get())
    };
    let title = {
        let at = at.clone();
        move || chat.is_live().then(|| in_full(local(at.get()), words))
    };
    let text = move || {
        let today = chat.today.get();
        let at = if today.is_some() { local(at.get()) } else { at.get() };
        if continues.get() || today == Some(Day::of(at)) { clock(at) } else { in_full(at, words) }
    };
    view! {
        <time class="moment" datetime=datetime title=title>
            {text}
        </time>
    }
}

fn in_full(at: u64, words: Words) -> String {
    date(at, words) + ", " + &clock(at)
}
