use leptos::prelude::*;

use crate::{
    components::{
        banner::Banner, composer::Composer, header::Header, notices::Notices, people::People, rooms::Rooms,
        status::Status, timeline::Timeline,
    },
    page::RoomPage,
    state::Chat,
};

/// The room from the server's data: `page` there, and what stands in the HTML in the browser.
#[component]
pub fn HydratedRoom(page: Option<Box<RoomPage>>) -> impl IntoView {
    // As a text, since Leptos itself would read it by serde: much code for browsers to load.
    let text = SharedValue::new_str(|| page.as_deref().map(RoomPage::encode).unwrap_or_default()).into_inner();
    page.or_else(|| RoomPage::decode(&text)).map(|page| view! { <Room page=*page /> })
}

#[component]
fn Room(page: RoomPage) -> impl IntoView {
    let chat = Chat::new(&page);
    provide_context(chat);
    let (message_id, rejected) = (page.message_id.clone(), page.rejected.clone());
    connect_after_hydration(chat, page);
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

/// Connects, once the page is the browser's. Effects do not run on the server.
fn connect_after_hydration(chat: Chat, page: RoomPage) {
    let page = StoredValue::new(Some(page));
    Effect::new(move || {
        if let Some(page) = page.try_update_value(Option::take).flatten() {
            #[cfg(feature = "hydrate")]
            crate::websocket::start(chat, &page);
            #[cfg(not(feature = "hydrate"))]
            let _ = (chat, page);
        }
    });
}
