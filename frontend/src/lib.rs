//! What the browser loads: takes the room over where the server left it.

use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the page as soon as this module is loaded.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    app::hydrate();
}
