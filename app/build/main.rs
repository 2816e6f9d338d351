//! Generates `words.rs` from `locales`: the languages, and a function for each word.

mod catalog;
mod codegen;

use std::{env, fs, path::Path};

use catalog::Catalog;

fn main() {
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=locales");
    match Catalog::read(Path::new("locales")) {
        Ok(catalog) => {
            let folder = env::var("OUT_DIR").expect("Cargo sets OUT_DIR");
            fs::write(Path::new(&folder).join("words.rs"), codegen::rust(&catalog)).expect("OUT_DIR is writable");
        }
        Err(problems) => problems.iter().for_each(|problem| println!("cargo::error=locales: {problem}")),
    }
}
