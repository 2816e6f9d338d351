use client::LineState;
use leptos::{either::EitherOf3, prelude::*};

use super::{
    avatar::Avatar,
    moment::{Moment, day_of},
};
use crate::{
    browser::rest_focus,
    state::{Action, Chat, LineView, Mark},
};

/// One message.
#[component]
pub fn Message(line: LineView, stopped_at: ArcRwSignal<Option<u64>>) -> impl IntoView {
    let chat = Chat::here();
    let own = chat.is_me(&line.author.id);
    let (state, text) = (line.state.clone(), line.text.clone());
    let pending = move || state.with(|state| matches!(state, LineState::Pending));
    let (in_group, dated, numbered, first) = (line.clone(), line.clone(), line.seq.clone(), line.clone());
    view! {
        <li
            class="message"
            class:own=own
            class:continues=move || in_group.is_in_group(chat)
            class:pending=pending
            data-seq=move || numbered.get().map(|seq| seq.to_string())
            data-day=move || day_of(&dated, chat)
            data-new=move || stopped_at.get().filter(|seq| first.is_first_after(*seq)).map(|_| chat.words.news_below())
        >
            <Avatar user=line.author.clone() />
            <p class="message-head">
                <span class="author" dir="auto">
                    {line.author.name.clone()}
                </span>
                " "
                <Moment line=line.clone() />
            </p>
            <div class="message-text" dir="auto">
                {move || text.get()}
            </div>
            <Changed line=line.clone() />
            <State line />
        </li>
    }
}

/// What its author did to it.
#[component]
fn Changed(line: LineView) -> impl IntoView {
    let mark = line.mark.clone();
    let words = Chat::here().words;
    let said = move || mark.get().map(|mark| if mark == Mark::Deleted { words.deleted() } else { words.edited() });
    move || said().map(|words| view! { <p class="message-state">{words}</p> })
}

#[component]
fn State(line: LineView) -> impl IntoView {
    let state = line.state.clone();
    let words = Chat::here().words;
    move || match state.get() {
        LineState::Sent => EitherOf3::A(()),
        LineState::Pending => EitherOf3::B(view! { <p class="message-state">{words.sending()}</p> }),
        LineState::Failed(reason) => EitherOf3::C(view! { <Failure id=line.id().to_owned() reason /> }),
    }
}

#[component]
fn Failure(id: String, reason: String) -> impl IntoView {
    let chat = Chat::here();
    let words = chat.words;
    let retry = {
        let id = id.clone();
        move |_| {
            chat.act(Action::Retry(id.clone()));
            rest_focus("#msg");
        }
    };
    let discard = move |_| {
        chat.act(Action::Discard(id.clone()));
        rest_focus("#msg");
    };
    view! {
        <div class="message-failure">
            <p>{words.not_sent()} " " {reason}</p>
            <button type="button" class="small" on:click=retry>
                {words.retry()}
            </button>
            <button type="button" class="small quiet" on:click=discard>
                {words.discard()}
            </button>
        </div>
    }
}
