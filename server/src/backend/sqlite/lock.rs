use std::fs::{File, TryLockError};
use std::path::Path;

use anyhow::{Context, bail};

/// The claim of this process on a folder.
#[derive(Debug)]
pub struct Claim(File);

/// The kernel would end the claim only with the last copy of the file, and a process that is being started holds a copy of
/// all files for a moment.
impl Drop for Claim {
    fn drop(&mut self) {
        if let Err(error) = self.0.unlock() {
            tracing::warn!(%error, "the claim on DATA_DIR ends only with this process");
        }
    }
}

/// Claims the folder for this process. The kernel ends the claim with the process, so a `kill -9` leaves nothing behind.
///
/// Two processes on one folder would both write, and neither would hear the other's people.
pub fn claim(data_dir: &Path) -> anyhow::Result<Claim> {
    let path = data_dir.join("sala.lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .with_context(|| format!("the folder DATA_DIR={} cannot be written to", data_dir.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Claim(file)),
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
    fn a_copy_of_the_file_does_not_prolong_the_claim() {
        let dir = tempfile::tempdir().unwrap();
        let claimed = claim(dir.path()).unwrap();
        let _copy = claimed.0.try_clone().unwrap();
        claim(dir.path()).unwrap_err();
        drop(claimed);
        claim(dir.path()).unwrap();
    }
}
