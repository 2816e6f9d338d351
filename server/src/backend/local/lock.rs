use std::fs::{File, TryLockError};
use std::path::Path;

use anyhow::{Context, bail};

/// Claims the folder for this process, for as long as the file is open. The kernel ends the claim with the process, so a
/// `kill -9` leaves nothing behind.
///
/// Two processes on one folder would both write, and neither would hear the other's people.
pub fn claim(data_dir: &Path) -> anyhow::Result<File> {
    let path = data_dir.join("sala.lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .with_context(|| format!("the folder DATA_DIR={} cannot be written to", data_dir.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!(
            "another Sala is already running on DATA_DIR={}; stop it, choose another folder, or set REDIS_URL to run several instances",
            data_dir.display()
        ),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("the folder DATA_DIR={} cannot be locked", data_dir.display()))
        }
    }
}
