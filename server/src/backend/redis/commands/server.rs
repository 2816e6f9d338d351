use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ::redis::aio::ConnectionManager;
use ::redis::{ErrorKind, RedisResult, ServerErrorKind};
use tokio::time::Instant;

use super::Again;
use super::line::{Line, is_shut_out, settings};
use crate::backend::redis::place::Place;

/// The least time between two connections that were given up because their server became a replica, or another password counted.
const RENEWAL: Duration = Duration::from_secs(1);

/// The connection to one server, or to the one that is the master now.
pub struct Server {
    place: Place,
    present: Mutex<Present>,
}

struct Present {
    manager: ConnectionManager,
    since: Instant,
}

impl Server {
    pub async fn connect(place: Place) -> RedisResult<Self> {
        let mut manager = ConnectionManager::new_with_config(place.client().await?, settings()).await?;
        ::redis::cmd("PING").exec_async(&mut manager).await?;
        Ok(Self { place, present: Mutex::new(Present { manager, since: Instant::now() }) })
    }

    /// Asks once more where the connection was found broken, or led to a server that may not write. The first try may have
    /// been carried out.
    pub async fn ask<T, F>(&self, again: Again, question: impl Fn(Line) -> F) -> RedisResult<T>
    where
        F: Future<Output = RedisResult<T>>,
    {
        match question(self.line()).await {
            result if again == Again::No => return result,
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly) => self.renew().await?,
            Err(error) if self.place.moves() && error.is_io_error() => self.renew().await?,
            Err(error) if is_shut_out(&error) => self.renew().await?,
            Err(error) if error.is_connection_dropped() => {}
            result => return result,
        }
        question(self.line()).await
    }

    fn line(&self) -> Line {
        let manager = self.present.lock().unwrap_or_else(PoisonError::into_inner).manager.clone();
        Line { manager, asking: false }
    }

    /// After a failover the address may lead to the new master, but the manager keeps a connection that works, though it
    /// leads to what is a replica now.
    async fn renew(&self) -> RedisResult<()> {
        let is_new = || self.present.lock().unwrap_or_else(PoisonError::into_inner).since.elapsed() < RENEWAL;
        if !is_new() {
            let manager = ConnectionManager::new_lazy_with_config(self.place.client().await?, settings())?;
            let mut present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
            *present = Present { manager, since: Instant::now() };
        }
        Ok(())
    }
}
