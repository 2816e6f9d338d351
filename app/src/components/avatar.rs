use leptos::prelude::*;
use protocol::User;

/// Number of `hue-N` classes in `style/_avatar.scss`.
const HUES: u32 = 8;

/// The initial of a name on a background in the person's colour. The style sheet draws the letter, so that it is not
/// part of the message's text.
#[component]
pub fn Avatar(user: User) -> impl IntoView {
    let initial = user.name.chars().next().map(String::from);
    view! { <span class=format!("avatar hue-{}", hue(&user.id)) data-initial=initial aria-hidden="true"></span> }
}

/// Hashes a user id with FNV-1a, which gives the same colour in every browser.
fn hue(id: &str) -> u32 {
    id.bytes().fold(0x811c_9dc5, |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)) % HUES
}
