use client::FailureReason;
use leptos::{either::EitherOf3, prelude::*};

use super::{
    message_body::{MessageBody, MessageReactions},
    people::Avatar,
};
use crate::{
    browser::restore_focus,
    state::{Action, Chat, EditState, MessageRow, RowStatus},
    text::{Day, Words, date, iso_8601, number, time_of_day},
};

/// One message. The list handles its events: see [`super::message_handlers`].
#[component]
pub fn Message(row: MessageRow, unread_divider: ArcRwSignal<Option<u64>>) -> impl IntoView {
    let chat = Chat::from_context();
    let own = chat.is_me(&row.author.id);
    let MessageRow { status, seq, content, .. } = row.clone();
    let pending = move || status.with(|status| matches!(status, RowStatus::Pending));
    let is_for_me = move || !own && content.with(|content| chat.mentions_me(&content.text));
    let (in_group, dated, first) = (row.clone(), row.clone(), row.clone());
    view! {
        <li
            class="message"
            class:own=own
            class:continues=move || in_group.is_in_group(chat)
            class:pending=pending
            class:for-me=is_for_me
            data-seq=move || seq.get().map(number)
            data-day=move || day_label(&dated, chat)
            data-new=move || unread_divider.get().filter(|seq| first.is_first_after(*seq)).map(|_| chat.words.news_below())
            tabindex="-1"
        >
            <Avatar user=row.author.clone() />
            <p class="message-head">
                <span class="author" dir="auto">
                    {row.author.name.clone()}
                </span>
                " "
                <Timestamp row=row.clone() />
            </p>
            <MessageBody row=row.clone() />
            <EditNote row=row.clone() />
            <MessageReactions row=row.clone() />
            <DeliveryNote row />
            <button type="button" class="message-more" aria-label=chat.words.actions() aria-haspopup="menu">
                "⋯"
            </button>
        </li>
    }
}

/// Says that the message was edited or deleted.
#[component]
fn EditNote(row: MessageRow) -> impl IntoView {
    let content = row.content;
    let words = Chat::from_context().words;
    let text = move || {
        let edit_state = content.with(|content| content.edit_state);
        edit_state.map(|state| if state == EditState::Deleted { words.deleted() } else { words.edited() })
    };
    move || text().map(|words| view! { <p class="message-state">{words}</p> })
}

#[component]
fn DeliveryNote(row: MessageRow) -> impl IntoView {
    let status = row.status;
    let words = Chat::from_context().words;
    move || match status.get() {
        RowStatus::Sent => EitherOf3::A(()),
        RowStatus::Pending => EitherOf3::B(view! { <p class="message-state">{words.sending()}</p> }),
        RowStatus::Failed { id, reason, text } => EitherOf3::C(view! { <FailedDelivery id reason text /> }),
    }
}

#[component]
fn FailedDelivery(id: String, reason: FailureReason, text: Option<String>) -> impl IntoView {
    let chat = Chat::from_context();
    let words = chat.words;
    let retry = {
        let id = id.clone();
        move |_| {
            chat.dispatch(Action::Retry(id.clone()));
            restore_focus("#msg");
        }
    };
    let discard = move |_| {
        chat.dispatch(Action::Discard(id.clone()));
        restore_focus("#msg");
    };
    view! {
        <div class="message-failure">
            <p>{words.not_sent()} " " {words.failure_reason(&reason)}</p>
            {text.map(|text| view! { <p class="message-lost" dir="auto">{text}</p> })}
            <button type="button" class="small" on:click=retry>
                {words.retry()}
            </button>
            <button type="button" class="small quiet" on:click=discard>
                {words.discard()}
            </button>
        </div>
    }
}

/// The time of a message: UTC as the server rendered it, local time after hydration. The date is omitted for today and
/// within a group.
#[component]
fn Timestamp(row: MessageRow) -> impl IntoView {
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
fn day_label(row: &MessageRow, chat: Chat) -> Option<String> {
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
