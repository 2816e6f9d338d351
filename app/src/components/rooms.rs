use leptos::{either::Either, ev, html, prelude::*};

use super::{header::ClosePanel, message_handlers::is_plain_click, people::Avatar};
use crate::{
    browser::{normalize_nfc, restore_focus},
    lazy::{open_notification_settings, open_room_switcher, run_or_toast},
    state::{Action, Chat, RoomState},
    text::{number, room_path},
};

/// The open rooms, the form to open another, settings and sign-out: a column, or a panel on narrow screens.
#[component]
pub fn Rooms() -> impl IntoView {
    let chat = Chat::from_context();
    let me = chat.me.get_value();
    let words = chat.words;
    let sign_out = move |event: ev::SubmitEvent| {
        if !chat.service.confirm_sign_out(chat) {
            event.prevent_default();
        }
    };
    view! {
        <nav id="rooms" class="panel rooms" popover="auto" aria-label=words.rooms()>
            <div class="panel-head">
                <span class="wordmark">"Sala"</span>
                <ClosePanel panel="rooms" />
            </div>
            <button
                type="button"
                class="small switch"
                aria-haspopup="dialog"
                aria-keyshortcuts="Control+K Meta+K"
                on:click=move |_| run_or_toast(chat, open_room_switcher(chat))
            >
                {words.go_to_room()}
            </button>
            <ul class="room-list" node_ref=chat.room_list>
                <For each=move || chat.rooms.get() key=|room| room.name.clone() let:room>
                    <RoomLink room />
                </For>
            </ul>
            <OpenRoom />
            <div class="me">
                <Avatar user=me.clone() />
                <span class="person" dir="auto">
                    {me.name}
                </span>
                // The server renders the settings form. This field makes it return to the current room.
                <input type="hidden" form="settings-form" name="room" value=move || chat.current_room.get() />
                <button type="button" class="small quiet" popovertarget="settings">
                    {words.settings()}
                </button>
                <button
                    type="button"
                    class="small quiet bell"
                    aria-label=words.notifications()
                    title=words.notifications()
                    aria-haspopup="dialog"
                    on:click=move |_| run_or_toast(chat, open_notification_settings(chat))
                ></button>
                <form method="post" action="/api/sign_out" on:submit=sign_out>
                    <button type="submit" class="small quiet">
                        {words.sign_out()}
                    </button>
                </form>
            </div>
        </nav>
    }
}

#[component]
fn RoomLink(room: RoomState) -> impl IntoView {
    let chat = Chat::from_context();
    let name = StoredValue::new(room.name.clone());
    let is_current = move || chat.current_room.with(|current| name.with_value(|name| current == name));
    let enter = move |event: ev::MouseEvent| {
        if is_plain_click(&event) {
            event.prevent_default();
            chat.dispatch(Action::EnterRoom(name.get_value()));
        }
    };
    let leave = move |_| {
        chat.dispatch(Action::LeaveRoom(name.get_value()));
        restore_focus(".room-link.current a");
    };
    let mute = move |_| chat.dispatch(Action::ToggleMuted(name.get_value()));
    let (muted, is_muted, calls) = (room.muted.clone(), room.muted.clone(), room.clone());
    let path = room_path(&room.name);
    let (mute_label, leave_label) = (chat.words.mute(&room.name), chat.words.leave(&room.name));
    view! {
        <li class="room-link" class:current=is_current class:muted=move || is_muted.get()>
            <a href=path aria-current=move || is_current().then_some("page") on:click=enter>
                <span class="room-name" dir="auto">
                    {room.name.clone()}
                </span>
                {move || match calls.badge() {
                    (0, _) => Either::Left(()),
                    (count, mentions) => {
                        let has_more_unread = calls.has_more_unread.get();
                        Either::Right(view! { <UnreadBadge count mentions has_more_unread /> })
                    }
                }}
            </a>
            <button
                type="button"
                class="mute"
                aria-label=mute_label
                aria-pressed=move || if muted.get() { "true" } else { "false" }
                on:click=mute
            ></button>
            <button type="button" class="leave" on:click=leave aria-label=leave_label>
                <span aria-hidden="true">"×"</span>
            </button>
        </li>
    }
}

#[component]
fn UnreadBadge(count: u64, mentions: u64, has_more_unread: bool) -> impl IntoView {
    let words = Chat::from_context().words;
    let count_text = number(count) + if has_more_unread { "+" } else { "" };
    let mention = (mentions > 0).then(|| [", ", &words.mentions(mentions, &number(mentions))].concat());
    view! {
        <span class="badge unread" class:mention=mentions != 0>
            <span aria-hidden="true">{if count > 99 { "99+" } else { &count_text }.to_owned()}</span>
            <span class="hidden">{words.new_messages(count, &count_text)}{mention}</span>
        </span>
    }
}

#[component]
fn OpenRoom() -> impl IntoView {
    let chat = Chat::from_context();
    let field = NodeRef::<html::Input>::new();
    let problem = RwSignal::new(None);
    let open = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Some(field) = field.get_untracked() else { return };
        match protocol::RoomName::check(&normalize_nfc(&field.value())) {
            Ok(room) => {
                field.set_value("");
                problem.set(None);
                chat.dispatch(Action::EnterRoom(room.to_string()));
            }
            Err(wrong) => problem.set(Some(chat.words.room_name_problem(wrong))),
        }
    };
    view! {
        <form class="open-room" method="get" action="/r" on:submit=open>
            <label for="another-room">{chat.words.open_another_room()}</label>
            <div class="field-row">
                <input
                    id="another-room"
                    name="room"
                    required
                    maxlength=2 * protocol::limits::ROOM_NAME
                    autocomplete="off"
                    autocapitalize="none"
                    dir="auto"
                    node_ref=field
                />
                <button type="submit" class="small">
                    {chat.words.open()}
                </button>
            </div>
            {move || problem.get().map(|problem| view! { <p class="problem" role="alert">{problem}</p> })}
        </form>
    }
}
