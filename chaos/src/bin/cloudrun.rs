//! The local Cloud Run. `script/cloudrun` starts it.

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    chaos::cloudrun::start().await
}
