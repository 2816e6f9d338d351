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
pub fn SharedRoom(page: Option<Box<RoomPage>>) -> impl IntoView {
    SharedValue::new(move || page).into_inner().map(|page| view! { <Room page=*page /> })
}

#[component]
fn Room(page: RoomPage) -> impl IntoView {
    let chat = Chat::new(&page);
    provide_context(chat);
    let (message_id, rejected) = (page.message_id.clone(), page.rejected.clone());
    take_over(chat, page);
    view! {
        <div id="chatroom" class="chatroom" class:live=move || chat.is_live()>
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
fn take_over(chat: Chat, page: RoomPage) {
    let page = StoredValue::new(Some(page));
    Effect::new(move || {
        if let Some(page) = page.try_update_value(Option::take).flatten() {
            #[cfg(feature = "hydrate")]
            crate::socket::start(chat, &page);
            #[cfg(not(feature = "hydrate"))]
            let _ = (chat, page);
        }
    });
}
