use leptos::prelude::*;
use protocol::User;

/// As many as `style/_avatar.scss` knows.
const HUES: u32 = 8;

/// The first letter of a name in the person's colour. The letter is drawn by the style sheet, so that it is no part of the
/// text of a message.
#[component]
pub fn Avatar(user: User) -> impl IntoView {
    let initial = user.name.chars().next().map(String::from);
    view! { <span class=format!("avatar hue-{}", hue(&user.id)) data-initial=initial aria-hidden="true"></span> }
}

/// FNV-1a: the same colour in every browser.
fn hue(id: &str) -> u32 {
    id.bytes().fold(0x811c_9dc5, |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)) % HUES
}
