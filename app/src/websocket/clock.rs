//! Time and randomness of the browser.

use std::cell::Cell;

use client::Context;
use leptos::prelude::window;
use web_sys::js_sys::{Date, Math};

/// The context of an input.
pub fn context() -> Context {
    Context { now: now(), random: Math::random() }
}

/// Returns milliseconds since the Unix epoch that never decrease. Devices set their clocks back at times, which would
/// delay timers. A monotonic clock would stand still while the device sleeps.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "milliseconds since 1970")]
pub fn now() -> u64 {
    thread_local! {
        static LATEST: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
    }
    let (latest, offset) = LATEST.get();
    let clock = Date::now() as u64;
    let now = (clock + offset).max(latest);
    LATEST.set((now, now - clock));
    now
}

/// Returns a new message id: 128 random bits in hexadecimal. `crypto.randomUUID` exists in secure contexts only.
pub fn new_message_id() -> String {
    let mut bytes = [0; 16];
    if window().crypto().and_then(|crypto| crypto.get_random_values_with_u8_array(&mut bytes)).is_err() {
        // An id has to be unique per author and room, not secret.
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
