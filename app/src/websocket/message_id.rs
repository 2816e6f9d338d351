use leptos::prelude::window;
use web_sys::js_sys::Math;

/// A new_message_id id of a message: 128 random bits in hexadecimal. `crypto.randomUUID` would need HTTPS; this does not.
pub fn new_message_id() -> String {
    let mut bytes = [0; 16];
    if window().crypto().and_then(|crypto| crypto.get_random_values_with_u8_array(&mut bytes)).is_err() {
        // An id needs to be unique for its author in the room, not secret.
        bytes.fill_with(insecure_byte);
    }
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 255")]
fn insecure_byte() -> u8 {
    (Math::random() * 256.0) as u8
}
