use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use cookie::Key;

const FILE: &str = "session.key";

/// Length of a key, in bytes.
const KEY: usize = 64;

/// Loads the key stored in `folder`, or creates a random one at the first start. A new key at each start would sign all
/// users out and orphan the unsent messages in their browsers.
///
/// # Errors
/// The file cannot be read or written, or is damaged. A damaged key is not replaced, because that would sign all users
/// out silently.
pub fn load_or_create(folder: &Path) -> anyhow::Result<Key> {
    let path = folder.join(FILE);
    let place = path.display();
    match fs::read(&path) {
        Ok(text) => read(&text).with_context(|| {
            format!("the session key in {place} is damaged; restore it, or remove it, which signs everybody out")
        }),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            create(&path).with_context(|| format!("the session key cannot be stored in {place}"))
        }
        Err(error) => Err(error).with_context(|| format!("the session key in {place} cannot be read")),
    }
}

fn read(text: &[u8]) -> anyhow::Result<Key> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text.trim_ascii())?;
    anyhow::ensure!(bytes.len() == KEY, "it has {} bytes instead of {KEY}", bytes.len());
    Ok(Key::from(&bytes))
}

/// Written under a temporary name and renamed, so the file is never incomplete, even after a loss of power.
fn create(path: &Path) -> anyhow::Result<Key> {
    let key = Key::generate();
    let unfinished = path.with_extension("key.new");
    // A leftover of an interrupted start. It is removed instead of reused, because it might have another mode.
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    writeln!(file, "{}", BASE64_URL_SAFE_NO_PAD.encode(key.master()))?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use tempfile::TempDir;

    use super::*;

    #[test]
    fn the_key_is_created_once_and_readable_by_the_owner_only() {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("session.key.new"), "half a k").unwrap();
        let key = load_or_create(folder.path()).unwrap();
        assert!(load_or_create(folder.path()).unwrap() == key);
        assert!(load_or_create(TempDir::new().unwrap().path()).unwrap() != key);
        let mode = fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_damaged_key_fails_the_start_and_is_not_replaced() {
        let folder = TempDir::new().unwrap();
        load_or_create(folder.path()).unwrap();
        let path = folder.path().join(FILE);
        let whole = fs::read(&path).unwrap();
        for damaged in [&b""[..], &whole[..40], &[&whole[..86], &b"AAAA\n"[..]].concat(), b"\xff\xfe", &[b'!'; 86]] {
            fs::write(&path, damaged).unwrap();
            let message = format!("{:#}", load_or_create(folder.path()).err().unwrap());
            assert!(message.contains("session.key") && message.contains("damaged"), "{message}");
            assert_eq!(fs::read(&path).unwrap(), damaged);
        }
    }
}
