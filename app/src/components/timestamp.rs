use leptos::prelude::*;

use crate::{
    state::{Chat, MessageRow},
    text::{Day, Words, date, iso_8601, time_of_day},
};

/// The time of a message: UTC as the server rendered it, local time after hydration. The date is omitted for today and
/// within a group.
#[component]
pub fn Timestamp(row: MessageRow) -> impl IntoView {
    let chat = Chat::from_context();
    let (at, words) = (row.at.clone(), chat.words);
    let datetime = {
        let at = at.clone();
        move || iso_8601(at.get())
    };
    let title = {
        let at = at.clone();
        move || chat.is_hydrated().then(|| date_and_time(chat.display_time(at.get()), words))
    };
    let text = move || {
        let at = chat.display_time(at.get());
        let omits_date = row.is_in_group(chat) || chat.today.get() == Some(Day::of(at));
        if omits_date { time_of_day(at) } else { date_and_time(at, words) }
    };
    view! {
        <time class="moment" datetime=datetime title=title>
            {text}
        </time>
    }
}

/// The day's label, on the first message of a day.
pub fn day_label(row: &MessageRow, chat: Chat) -> Option<String> {
    row.begins_day(chat).then(|| {
        let (at, words) = (chat.display_time(row.at.get()), chat.words);
        let day = Day::of(at);
        match chat.today.get() {
            Some(today) if today == day => words.today().to_owned(),
            Some(today) if today.follows(day) => words.yesterday().to_owned(),
            Some(_) | None => date(at, words),
        }
    })
}

fn date_and_time(at: u64, words: Words) -> String {
    date(at, words) + ", " + &time_of_day(at)
}
