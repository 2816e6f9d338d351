use leptos::{either::EitherOf3, prelude::*};

use super::{
    avatar::Avatar,
    drawn::{Reacted, Text},
    moment::Moment,
};
use crate::{
    browser::rest_focus,
    state::{Action, Chat, LineView, Mark, Standing},
};

/// One message. What a click in it does is for the list to see to: see [`super::deeds`].
#[component]
pub fn Message(line: LineView) -> impl IntoView {
    let own = Chat::here().is_me(&line.author.id);
    let LineView { continues, standing, seq, said, .. } = line.clone();
    let pending = move || standing.with(|standing| matches!(standing, Standing::Pending));
    let is_for_me = move || !own && said.with(|said| Chat::here().is_meant(&said.text));
    view! {
        <li
            class="message"
            class:own=own
            class:continues=move || continues.get()
            class:pending=pending
            class:for-me=is_for_me
            data-seq=move || seq.get().map(|seq| seq.to_string())
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
            <button type="button" class="message-more" aria-label="Actions" aria-haspopup="menu">
                "⋯"
            </button>
        </li>
    }
}

/// What its author did to it.
#[component]
fn Changed(line: LineView) -> impl IntoView {
    let mark = line.said;
    let words = move || {
        mark.with(|said| said.mark)
            .map(|mark| if mark == Mark::Deleted { "This message was deleted." } else { "(edited)" })
    };
    move || words().map(|words| view! { <p class="message-state">{words}</p> })
}

#[component]
fn State(line: LineView) -> impl IntoView {
    let standing = line.standing;
    move || match standing.get() {
        Standing::Sent => EitherOf3::A(()),
        Standing::Pending => EitherOf3::B(view! { <p class="message-state">"Sending…"</p> }),
        Standing::Failed { id, reason } => EitherOf3::C(view! { <Failure id reason /> }),
    }
}

#[component]
fn Failure(id: String, reason: String) -> impl IntoView {
    let chat = Chat::here();
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
            <p>"Not sent. " {reason}</p>
            <button type="button" class="small" on:click=retry>
                "Retry"
            </button>
            <button type="button" class="small quiet" on:click=discard>
                "Discard"
            </button>
        </div>
    }
}
