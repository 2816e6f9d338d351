use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use rusqlite::{Connection, OpenFlags};

/// Schema version, stored in `PRAGMA user_version`.
const VERSION: i64 = 2;

/// A clustered table, since a page of history is a run of neighbours. `UNIQUE (room, author, id)` makes a retry safe.
const TABLES: &str = "
CREATE TABLE rooms (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    uid TEXT NOT NULL,
    since INTEGER NOT NULL
) STRICT;
CREATE INDEX silent_rooms ON rooms (since) WHERE seq = 0;
CREATE TABLE events (
    room INTEGER NOT NULL REFERENCES rooms (id),
    seq INTEGER NOT NULL,
    uid TEXT NOT NULL,
    prev TEXT NOT NULL,
    author TEXT NOT NULL,
    id TEXT NOT NULL,
    at INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (room, seq),
    UNIQUE (room, author, id)
) STRICT, WITHOUT ROWID;
";

/// Read positions, since version 2.
const READS: &str = "
CREATE TABLE reads (
    user TEXT NOT NULL,
    room TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (user, room)
) STRICT, WITHOUT ROWID;
CREATE INDEX old_reads ON reads (at);
";

/// Opens the file for writing, and creates missing tables.
pub fn open(file: &Path) -> anyhow::Result<Connection> {
    let mut db = Connection::open(file)?;
    db.busy_timeout(Duration::from_secs(5))?;
    let found: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found > VERSION {
        bail!("it was written by a newer version of Sala (its schema is {found}, this version knows {VERSION})");
    }
    let mode: String = db.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    ensure!(mode == "wal", "its file system does not support SQLite's write-ahead log");
    // An acknowledged event survives a loss of power: every commit waits for fsync.
    db.pragma_update(None, "synchronous", "FULL")?;
    if found < VERSION {
        let tx = db.transaction()?;
        let tables = if found == 0 { [TABLES, READS].concat() } else { READS.to_owned() };
        tx.execute_batch(&tables).context("its tables cannot be created")?;
        tx.pragma_update(None, "user_version", VERSION)?;
        tx.commit()?;
    }
    Ok(db)
}

/// Opens the file for reading, after [`open`] has created it.
pub fn open_for_reading(file: &Path) -> rusqlite::Result<Connection> {
    let db = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    db.busy_timeout(Duration::from_secs(5))?;
    Ok(db)
}
