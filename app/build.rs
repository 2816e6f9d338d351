//! Makes the module `i18n` of the words in `locales`, for the server.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=locales");
    #[cfg(feature = "ssr")]
    words::generate();
}

/// What `leptos_i18n_build` does, without its data for dates and numbers, which would be a hundred crates to build first.
#[cfg(feature = "ssr")]
mod words {
    use std::{env, error::Error, fs, path::PathBuf};

    use leptos_i18n_codegen::gen_code;
    use leptos_i18n_parser::parse_locales::{
        options::{Config, ParseOptions},
        parse_locales,
    };

    pub fn generate() {
        if let Err(error) = try_to_generate() {
            println!("cargo::error={error}");
        }
    }

    fn try_to_generate() -> Result<(), Box<dyn Error>> {
        let words = Config::new("en")?
            .add_locales(["es", "pt-BR"])?
            .add_namespaces(["pages", "room"])?
            .parse_options(ParseOptions::new().interpolate_display(true));
        let words = parse_locales(None, words)?;
        // Such as a word that another language has and this one does not: it would be said in English.
        for problem in words.diag.warnings().iter() {
            println!("cargo::error={problem}");
        }
        for problem in words.diag.errors().iter() {
            println!("cargo::error={problem}");
        }
        let code = gen_code(&words, None, false, None, false)?;
        let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo names no folder")?);
        fs::write(out.join("i18n.rs"), code.to_string())?;
        Ok(())
    }
}
