use leptos::prelude::*;

use crate::{
    components::{
        banner::Banner,
        composer::Composer,
        header::Header,
        notices::{Notices, Status},
        people::People,
        rooms::Rooms,
        timeline::Timeline,
    },
    page::RoomPage,
    state::{Chat, ChatService},
};

#[cfg(not(feature = "hydrate"))]
const SERVICE: &dyn ChatService = &crate::state::NoService;
#[cfg(feature = "hydrate")]
const SERVICE: &dyn ChatService = &crate::websocket::BrowserService;

/// The room page. `page` is its data on the server; the browser reads the data from the HTML.
#[component]
pub fn HydratedRoom(page: Option<Box<RoomPage>>) -> impl IntoView {
    // Shared as text, because Leptos would deserialize it with serde, which is large in Wasm.
    let text = SharedValue::new_str(|| page.as_deref().map(RoomPage::encode).unwrap_or_default()).into_inner();
    page.or_else(|| RoomPage::decode(&text)).map(|page| view! { <Room page=*page /> })
}

#[component]
fn Room(page: RoomPage) -> impl IntoView {
    let (message_id, rejected) = (page.message_id.clone(), page.rejected.clone());
    // Only the browser connects. The server does not copy the events for that.
    let page_of_connection = cfg!(feature = "hydrate").then(|| page.clone());
    let chat = Chat::new(page, SERVICE);
    provide_context(chat);
    connect_after_hydration(chat, page_of_connection);
    view! {
        <div id="chatroom" class="chatroom" class:live=move || chat.is_hydrated()>
            <Rooms />
            <main class="room">
                <Header />
                <Banner />
                <Timeline />
                <Notices />
                <Status />
                <Composer message_id rejected />
            </main>
            <People />
        </div>
    }
}

/// Connects once the page is hydrated, which is when effects first run.
fn connect_after_hydration(chat: Chat, page: Option<RoomPage>) {
    let page = StoredValue::new(page);
    Effect::new(move || {
        if let Some(page) = page.try_update_value(Option::take).flatten() {
            chat.service.start(chat, page);
        }
    });
}
