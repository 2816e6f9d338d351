//! The server for `script/chaos --prove`, which can be started without one of its defences. It is never released.

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    server::start().await
}
