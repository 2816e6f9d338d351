//! Disables the comparison of heads: the hub cannot read them, and is not told of possible gaps.

use std::sync::Arc;

use async_trait::async_trait;
use protocol::{Cursor, RoomName};
use server::backend::{Backend, BackendError, BackendUpdate, EventRange, History, Result};

use crate::filter_updates;

struct WithoutHeads(Arc<dyn History>);

pub fn disable(backend: Backend) -> Backend {
    let backend = filter_updates(backend, |update| (update != BackendUpdate::PossibleGap).then_some(update));
    Backend { history: Arc::new(WithoutHeads(backend.history)), ..backend }
}

#[async_trait]
impl History for WithoutHeads {
    async fn after(&self, room: &RoomName, seq: u64, limit: usize) -> Result<EventRange> {
        self.0.after(room, seq, limit).await
    }

    async fn before(&self, room: &RoomName, before: Option<u64>, limit: usize) -> Result<EventRange> {
        self.0.before(room, before, limit).await
    }

    async fn heads(&self, rooms: &[RoomName]) -> Vec<Result<Cursor>> {
        rooms.iter().map(|_| Err(BackendError::Unavailable("heads are hidden".into()))).collect()
    }
}
