use leptos::prelude::*;

use crate::{
    state::{Chat, LineView},
    text::{Day, Words, clock, date, iso},
};

/// When a message was said: in UTC as the server rendered it, then by the reader's clock. The day goes without saying if it is
/// today's, and within a group.
#[component]
pub fn Moment(line: LineView) -> impl IntoView {
    let chat = Chat::here();
    let (at, words) = (line.at.clone(), chat.words);
    let datetime = {
        let at = at.clone();
        move || iso(at.get())
    };
    let title = {
        let at = at.clone();
        move || chat.is_live().then(|| in_full(chat.clock(at.get()), words))
    };
    let text = move || {
        let at = chat.clock(at.get());
        let goes_without_saying = line.is_in_group(chat) || chat.today.get() == Some(Day::of(at));
        if goes_without_saying { clock(at) } else { in_full(at, words) }
    };
    view! {
        <time class="moment" datetime=datetime title=title>
            {text}
        </time>
    }
}

/// The day that begins with a message.
pub fn day_of(line: &LineView, chat: Chat) -> Option<String> {
    line.begins_day(chat).then(|| {
        let (at, words) = (chat.clock(line.at.get()), chat.words);
        let day = Day::of(at);
        match chat.today.get() {
            Some(today) if today == day => words.today().to_owned(),
            Some(today) if today.follows(day) => words.yesterday().to_owned(),
            Some(_) | None => date(at, words),
        }
    })
}

fn in_full(at: u64, words: Words) -> String {
    date(at, words) + ", " + &clock(at)
}
