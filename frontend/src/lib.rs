//! What the browser loads: takes the room over where the server left it.

use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the page as soon as this module is loaded.
#[wasm_bindgen]
pub fn hydrate() {
    std::panic::set_hook(Box::new(|panic| {
        console_error_panic_hook::hook(panic);
        app::show_stale_notice();
    }));
    app::hydrate();
}
