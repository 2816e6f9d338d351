use leptos::{prelude::*, task::spawn_local};

use super::ChunkLoadError;
use crate::state::Chat;

/// Loads a chunk at most once. Copies share the state.
#[derive(Clone, Copy)]
pub struct LoadOnce(StoredValue<bool>);

impl LoadOnce {
    /// Nothing is loaded yet.
    pub fn new() -> Self {
        Self(StoredValue::new(false))
    }

    /// Awaits `load` unless an earlier call succeeded or is still loading.
    pub fn load(self, load: impl Future<Output = Result<(), ChunkLoadError>> + 'static) {
        if self.0.get_value() {
            return;
        }
        self.0.set_value(true);
        spawn_local(async move {
            if load.await.is_err() {
                // The component that owns the state may be gone.
                _ = self.0.try_set_value(false);
            }
        });
    }
}

/// Runs a function of a chunk, and shows a toast if the chunk cannot be loaded.
pub fn run_or_toast(chat: Chat, load: impl Future<Output = Result<(), ChunkLoadError>> + 'static) {
    spawn_local(async move {
        if load.await.is_err() {
            chat.toast(chat.words.part_missing());
        }
    });
}
