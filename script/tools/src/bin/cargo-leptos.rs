//! `cargo leptos`, as cargo-leptos itself starts it.

use clap::Parser;
use color_eyre::Result;

#[tokio::main]
async fn main() -> Result<()> {
    color_eyre::install()?;
    // Cargo passes the name of the subcommand as the first argument.
    let mut args: Vec<String> = std::env::args().collect();
    if args.get(1).is_some_and(|arg| arg == "leptos") {
        args.remove(1);
    }
    let cli = cargo_leptos::config::Cli::parse_from(args);
    let verbose = cli.opts().map_or(0, |opts| opts.verbose);
    cargo_leptos::logger::setup(verbose, &cli.log);
    cargo_leptos::run(cli).await
}
