//! Stands in for cargo-generate, which only `cargo leptos new` uses, to avoid compiling a Git client.

use std::path::PathBuf;

#[derive(Default)]
pub struct GenerateArgs {
    pub template_path: TemplatePath,
    pub name: Option<String>,
    pub force: bool,
    pub verbose: bool,
    pub init: bool,
    pub other: (),
}

#[derive(Default)]
pub struct TemplatePath {
    pub git: Option<String>,
    pub branch: Option<String>,
    pub tag: Option<String>,
    pub path: Option<String>,
    pub other: (),
}

/// Always fails.
pub fn generate(_: GenerateArgs) -> anyhow::Result<PathBuf> {
    anyhow::bail!("this cargo-leptos was built without `cargo leptos new`")
}
