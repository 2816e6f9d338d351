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

/// The key that is kept in a folder, which is this process's alone; a random one is made on the first start. With a new key at
/// each start everybody would be signed out, and what waits in their browsers would belong to people who are no more.
///
/// # Errors
/// The file cannot be read or written, or is damaged: another key in its place would sign everybody out without a word.
pub fn kept_in(folder: &Path) -> anyhow::Result<Key> {
    let path = folder.join(FILE);
    let place = path.display();
    match fs::read(&path) {
        Ok(text) => read(&text).with_context(|| {
            format!(
                "the key of the sessions in {place} is damaged; restore it, or remove it, which signs everybody out"
            )
        }),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            create(&path).with_context(|| format!("the key of the sessions cannot be kept in {place}"))
        }
        Err(error) => Err(error).with_context(|| format!("the key of the sessions in {place} cannot be read")),
    }
}

fn read(text: &[u8]) -> anyhow::Result<Key> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text.trim_ascii())?;
    anyhow::ensure!(bytes.len() == KEY, "it has {} bytes instead of {KEY}", bytes.len());
    Ok(Key::from(&bytes))
}

/// Under its name there is all of it or nothing, even after a loss of power.
fn create(path: &Path) -> anyhow::Result<Key> {
    let key = Key::generate();
    let unfinished = path.with_extension("key.new");
    // Left behind by a start that was cut off. Opened again it would keep its mode, whoever gave it that.
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
    fn the_key_is_made_once_and_is_the_owners_alone() {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("session.key.new"), "half a k").unwrap();
        let key = kept_in(folder.path()).unwrap();
        assert!(kept_in(folder.path()).unwrap() == key);
        assert!(kept_in(TempDir::new().unwrap().path()).unwrap() != key);
        let mode = fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_damaged_key_ends_the_start_and_stays_as_it_is() {
        let folder = TempDir::new().unwrap();
        kept_in(folder.path()).unwrap();
        let path = folder.path().join(FILE);
        let whole = fs::read(&path).unwrap();
        for damaged in [&b""[..], &whole[..40], &[&whole[..86], &b"AAAA\n"[..]].concat(), b"\xff\xfe", &[b'!'; 86]] {
            fs::write(&path, damaged).unwrap();
            let message = format!("{:#}", kept_in(folder.path()).err().unwrap());
            assert!(message.contains("session.key") && message.contains("damaged"), "{message}");
            assert_eq!(fs::read(&path).unwrap(), damaged);
        }
    }
}
