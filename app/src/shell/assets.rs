use std::{
    borrow::Cow,
    path::Path,
    sync::{LazyLock, OnceLock},
};

use leptos::prelude::LeptosOptions;

use crate::STALE_NOTICE_ID;

/// Paths of the built files, with the hashes that cargo-leptos wrote to a file next to the server.
///
/// Leptos' own components read that file for every page, and none of them emits preload links.
#[derive(Clone)]
pub struct Assets {
    pub stylesheet: String,
    pub script: String,
    pub wasm: String,
    /// The script that loads lazy chunks. The main script imports it.
    pub loader: Option<String>,
}

impl Assets {
    /// Reads the hashes once, except under `cargo leptos watch`, where the files change while the server runs.
    pub fn of(options: &LeptosOptions) -> Cow<'static, Self> {
        static ASSETS: OnceLock<Assets> = OnceLock::new();
        if is_watched() {
            return Cow::Owned(Self::read(options));
        }
        Cow::Borrowed(ASSETS.get_or_init(|| Self::read(options)))
    }

    fn read(options: &LeptosOptions) -> Self {
        let hashes = hash_file(options);
        let path = |kind: &str| {
            let (folder, name) = (&options.site_pkg_dir, &options.output_name);
            let plain = format!("{folder}/{name}.{kind}");
            match hash_of(&hashes, kind) {
                // `cargo leptos watch` hashes the names in its first build only, and writes rebuilt files under plain
                // names.
                Some(hash) if options.hash_files || !Path::new(&*options.site_root).join(&plain).exists() => {
                    format!("/{folder}/{name}.{hash}.{kind}")
                }
                _ => format!("/{plain}"),
            }
        };
        // The file exists only in split builds.
        let loader = hash_of(&hashes, "split")
            .filter(|_| options.hash_files)
            .map(|hash| format!("/{}/__wasm_split.{hash}.js", options.site_pkg_dir));
        Self { stylesheet: path("css"), script: path("js"), wasm: path("wasm"), loader }
    }

    /// The inline script that starts hydration and shows the stale notice if that fails.
    pub fn start_script(&self) -> String {
        let Self { script, wasm, .. } = self;
        format!(
            "try{{const sala=await import({script:?});await sala.default({{module_or_path:{wasm:?}}});sala.hydrate()}}\
             catch(error){{document.getElementById({STALE_NOTICE_ID:?}).hidden=false;throw error}}"
        )
    }
}

/// Whether the server runs under `cargo leptos watch`. Reads the environment once.
pub fn is_watched() -> bool {
    static IS_WATCHED: LazyLock<bool> = LazyLock::new(|| std::env::var_os("LEPTOS_WATCH").is_some());
    *IS_WATCHED
}

fn hash_file(options: &LeptosOptions) -> String {
    let path = std::env::current_exe()
        .map(|server| server.with_file_name(options.hash_file.as_ref()))
        .unwrap_or_else(|_| options.hash_file.as_ref().into());
    std::fs::read_to_string(&path).unwrap_or_else(|error| {
        leptos::logging::error!("the names of the built files are not in {}: {error}", path.display());
        String::new()
    })
}

/// Finds the hash of a kind of file. The file has a line for each, such as `js: 4fGx…`.
fn hash_of<'a>(hashes: &'a str, kind: &str) -> Option<&'a str> {
    hashes
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.trim() == kind)
        .map(|(_, hash)| hash.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_hash_of_each_kind() {
        let hashes = "js: abc\nwasm: d-e_f\ncss:ghi\n";
        assert_eq!(hash_of(hashes, "js"), Some("abc"));
        assert_eq!(hash_of(hashes, "wasm"), Some("d-e_f"));
        assert_eq!(hash_of(hashes, "css"), Some("ghi"));
        assert_eq!(hash_of(hashes, "html"), None);
    }
}
