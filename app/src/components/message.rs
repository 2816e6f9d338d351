use client::FailureReason;
use leptos::{either::EitherOf3, prelude::*};

use super::{
    avatar::Avatar,
    drawn::{Reacted, Text},
    moment::{Moment, day_of},
};
use crate::{
    browser::rest_focus,
    state::{Action, Chat, LineView, Mark, Standing},
    text::number,
};

/// One message. What a click in it does is for the list to see to: see [`super::deeds`].
#[component]
pub fn Message(line: LineView, stopped_at: ArcRwSignal<Option<u64>>) -> impl IntoView {
    let chat = Chat::here();
    let own = chat.is_me(&line.author.id);
    let LineView { standing, seq, said, .. } = line.clone();
    let pending = move || standing.with(|standing| matches!(standing, Standing::Pending));
    let is_for_me = move || !own && said.with(|said| chat.is_meant(&said.text));
    let (in_group, dated, first) = (line.clone(), line.clone(), line.clone());
    view! {
        <li
            class="message"
            class:own=own
            class:continues=move || in_group.is_in_group(chat)
            class:pending=pending
            class:for-me=is_for_me
            data-seq=move || seq.get().map(number)
            data-day=move || day_of(&dated, chat)
            data-new=move || stopped_at.get().filter(|seq| first.is_first_after(*seq)).map(|_| chat.words.news_below())
            tabindex="-1"
        >
            <Avatar user=line.author.clone() />
            <p class="message-head">
                <span class="author" dir="auto">
                    {line.author.name.clone()}
                </span>
                " "
                <Moment line=line.clone() />
            </p>
            <Text line=line.clone() />
            <Changed line=line.clone() />
            <Reacted line=line.clone() />
            <State line />
            <button type="button" class="message-more" aria-label=chat.words.actions() aria-haspopup="menu">
                "⋯"
            </button>
        </li>
    }
}

/// What its author did to it.
#[component]
fn Changed(line: LineView) -> impl IntoView {
    let mark = line.said;
    let words = Chat::here().words;
    let said = move || {
        let mark = mark.with(|said| said.mark);
        mark.map(|mark| if mark == Mark::Deleted { words.deleted() } else { words.edited() })
    };
    move || said().map(|words| view! { <p class="message-state">{words}</p> })
}

#[component]
fn State(line: LineView) -> impl IntoView {
    let standing = line.standing;
    let words = Chat::here().words;
    move || match standing.get() {
        Standing::Sent => EitherOf3::A(()),
        Standing::Pending => EitherOf3::B(view! { <p class="message-state">{words.sending()}</p> }),
        Standing::Failed { id, why, text } => EitherOf3::C(view! { <Failure id why text /> }),
    }
}

#[component]
fn Failure(id: String, why: FailureReason, text: Option<String>) -> impl IntoView {
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
            <p>{words.not_sent()} " " {words.why(&why)}</p>
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
