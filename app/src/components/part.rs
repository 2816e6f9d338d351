use leptos::{prelude::*, task::spawn_local};

use crate::lazy::NotLoaded;

/// Something that is loaded once, when it is first used. A copy is the same thing.
#[derive(Clone, Copy)]
pub struct Part(StoredValue<bool>);

impl Part {
    /// Not loaded yet.
    pub fn new() -> Self {
        Self(StoredValue::new(false))
    }

    /// Loads it, unless it is here or on its way. One that could not be loaded is tried again.
    pub fn load(self, part: impl Future<Output = Result<(), NotLoaded>> + 'static) {
        if self.0.get_value() {
            return;
        }
        self.0.set_value(true);
        spawn_local(async move {
            if part.await.is_err() {
                // What it was for may be gone.
                _ = self.0.try_set_value(false);
            }
        });
    }
}
