//! The fault suite. `script/chaos` starts it.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    chaos::suite::start().await
}
