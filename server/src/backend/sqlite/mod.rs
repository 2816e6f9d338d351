//! The embedded backend: history in one SQLite file, relay and presence within the process.
//!
//! | file | holds |
//! |---|---|
//! | `lock` | the lock that reserves the folder for one process |
//! | `schema` | connections and tables |
//! | `store` | what one transaction does |
//! | `writer` | the writer thread: group commit, then replies, then updates |
//! | `reader` | the pool of reading connections |
//! | `broker` | appends, which rooms are subscribed to, and the queue to the hub |
//! | `presence` | the users in each room |
//! | `reads` | read positions |

mod broker;
mod lock;
mod presence;
mod read_markers;
mod reader;
mod schema;
mod store;
mod writer;

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use rusqlite::ErrorCode;
use tokio::sync::mpsc;

use super::{Backend, BackendError, UPDATE_QUEUE};
use broker::{Relay, SqliteBroker};
use presence::SqlitePresence;
use reader::SqliteReader;
use store::Store;
use writer::Writer;

/// Opens the history in `data_dir`, which is created if it does not exist. Of each room at least the last
/// `history_limit` events and those of the last 24 hours are kept.
///
/// # Errors
/// The folder cannot be used, another process has locked it, or a newer version has written it. The text names
/// `DATA_DIR`.
pub fn open(data_dir: &Path, history_limit: usize) -> anyhow::Result<Backend> {
    let place = data_dir.display();
    std::fs::create_dir_all(data_dir).with_context(|| format!("the folder DATA_DIR={place} cannot be created"))?;
    let lock = lock::acquire(data_dir)?;
    let file = data_dir.join("sala.db");
    let db =
        schema::open(&file).with_context(|| format!("the history {} in DATA_DIR cannot be used", file.display()))?;

    let (updates, receiver) = mpsc::channel(UPDATE_QUEUE);
    let relay = Arc::new(Relay::new(updates));
    let writer = Writer::start(Store::new(db, history_limit), Arc::clone(&relay), lock)
        .context("the thread that writes the history in DATA_DIR cannot be started")?;
    let writer = Arc::new(writer);
    let reader = Arc::new(SqliteReader::new(file, Arc::clone(&writer)));
    Ok(Backend {
        broker: Arc::new(SqliteBroker::new(writer, Arc::clone(&relay))),
        history: Arc::clone(&reader) as _,
        presence: Arc::new(SqlitePresence::new(relay)),
        read_markers: reader,
        updates: receiver,
    })
}

impl From<rusqlite::Error> for BackendError {
    fn from(error: rusqlite::Error) -> Self {
        let damaged =
            matches!(
                error,
                rusqlite::Error::FromSqlConversionFailure(..)
                    | rusqlite::Error::IntegralValueOutOfRange(..)
                    | rusqlite::Error::InvalidColumnType(..)
            ) || matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase));
        if damaged { Self::Corrupt(error.to_string()) } else { Self::Unavailable(error.to_string()) }
    }
}
