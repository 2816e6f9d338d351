//! The Wasm module: hydrates the room page.

use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the page's inline script when the module is loaded.
#[wasm_bindgen]
pub fn hydrate() {
    std::panic::set_hook(Box::new(|panic| {
        console_error_panic_hook::hook(panic);
        app::show_stale_notice();
    }));
    app::hydrate();
}
