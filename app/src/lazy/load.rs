use leptos::{prelude::*, task::spawn_local};

use super::ChunkLoadError;
use crate::state::Chat;

/// A chunk that is loaded once, on first use.
#[derive(Clone, Copy)]
pub struct LoadOnce(StoredValue<bool>);

impl LoadOnce {
    /// Creates one that is not loaded yet.
    pub fn new() -> Self {
        Self(StoredValue::new(false))
    }

    /// Loads the chunk unless it is loaded or loading. After an error the next call tries again.
    pub fn load(self, load: impl Future<Output = Result<(), ChunkLoadError>> + 'static) {
        if self.0.get_value() {
            return;
        }
        self.0.set_value(true);
        spawn_local(async move {
            if load.await.is_err() {
                // The component may be gone.
                _ = self.0.try_set_value(false);
            }
        });
    }
}

/// Runs a lazily loaded function, or shows a toast if its chunk cannot be loaded.
pub fn run_or_toast(chat: Chat, load: impl Future<Output = Result<(), ChunkLoadError>> + 'static) {
    spawn_local(async move {
        if load.await.is_err() {
            chat.toast(chat.words.part_missing());
        }
    });
}
