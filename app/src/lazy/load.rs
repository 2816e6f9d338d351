use leptos::{prelude::*, task::spawn_local};

use super::ChunkLoadError;
use crate::state::Chat;

/// Something that is loaded once, when it is first used. A copy is the same thing.
#[derive(Clone, Copy)]
pub struct LoadOnce(StoredValue<bool>);

impl LoadOnce {
    /// Not loaded yet.
    pub fn new() -> Self {
        Self(StoredValue::new(false))
    }

    /// Loads it, unless it is here or on its way. One that could not be loaded is tried again.
    pub fn load(self, load: impl Future<Output = Result<(), ChunkLoadError>> + 'static) {
        if self.0.get_value() {
            return;
        }
        self.0.set_value(true);
        spawn_local(async move {
            if load.await.is_err() {
                // What it was for may be gone.
                _ = self.0.try_set_value(false);
            }
        });
    }
}

/// Does what is loaded for it, or says that it cannot be.
pub fn run_or_toast(chat: Chat, load: impl Future<Output = Result<(), ChunkLoadError>> + 'static) {
    spawn_local(async move {
        if load.await.is_err() {
            chat.toast(chat.words.part_missing());
        }
    });
}
