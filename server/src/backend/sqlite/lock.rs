use std::fs::{File, TryLockError};
use std::path::Path;

use anyhow::{Context, bail};

/// This process's lock on a data folder.
#[derive(Debug)]
pub struct DataDirLock(File);

/// The kernel releases the lock with the last copy of the file handle, and a child process that is being started holds
/// a copy for a moment.
impl Drop for DataDirLock {
    fn drop(&mut self) {
        if let Err(error) = self.0.unlock() {
            tracing::warn!(%error, "the lock on DATA_DIR is held until this process ends");
        }
    }
}

/// Locks the folder for this process. The kernel releases the lock with the process, even after `kill -9`.
///
/// Two processes on one folder would both write, and neither would receive the other's updates.
pub fn acquire(data_dir: &Path) -> anyhow::Result<DataDirLock> {
    let path = data_dir.join("sala.lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .with_context(|| format!("the folder DATA_DIR={} cannot be written to", data_dir.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(DataDirLock(file)),
        Err(TryLockError::WouldBlock) => bail!(
            "another Sala is already running on DATA_DIR={}; stop it, choose another folder, or set REDIS_URL to run several instances",
            data_dir.display()
        ),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("the folder DATA_DIR={} cannot be locked", data_dir.display()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copied_file_handle_does_not_prolong_the_lock() {
        let dir = tempfile::tempdir().unwrap();
        let lock = acquire(dir.path()).unwrap();
        let _copy = lock.0.try_clone().unwrap();
        acquire(dir.path()).unwrap_err();
        drop(lock);
        acquire(dir.path()).unwrap();
    }
}
