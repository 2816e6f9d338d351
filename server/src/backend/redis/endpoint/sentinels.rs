use std::time::Duration;

use ::redis::{Client, ErrorKind, RedisError, RedisResult};
use futures_util::future::select_ok;
use tokio::time::timeout;

/// Limit for the answers of the Sentinels and of the master that they report.
const WAIT: Duration = Duration::from_secs(1);

/// Sentinels, which know the present master.
#[derive(Clone)]
pub struct Sentinels {
    clients: Vec<Client>,
    master: String,
}

impl Sentinels {
    pub fn new(clients: Vec<Client>, master: &str) -> Self {
        Self { clients, master: master.to_owned() }
    }

    /// A client for the master. Asks all Sentinels at once and takes the first answer that proves right: a Sentinel
    /// that was cut off reports the old master until it learns of the new one.
    ///
    /// # Errors
    /// No Sentinel knows the master.
    pub async fn master(&self, at: impl Fn(String, u16) -> RedisResult<Client>) -> RedisResult<Client> {
        let asking = self.clients.iter().map(|sentinel| Box::pin(self.ask(sentinel, &at)));
        match timeout(WAIT, select_ok(asking)).await {
            Ok(answer) => answer.map(|(client, _)| client),
            Err(_) => Err(RedisError::from((ErrorKind::Io, "no Sentinel names a master that answers"))),
        }
    }

    async fn ask(&self, sentinel: &Client, at: impl Fn(String, u16) -> RedisResult<Client>) -> RedisResult<Client> {
        let mut connection = sentinel.get_multiplexed_async_connection().await?;
        let mut call = ::redis::cmd("SENTINEL");
        call.arg("GET-MASTER-ADDR-BY-NAME").arg(&self.master);
        let address = call.query_async::<Option<(String, u16)>>(&mut connection).await?;
        let (host, port) = address.ok_or((ErrorKind::Io, "the Sentinels do not know this master"))?;
        let named = at(host, port)?;
        let mut connection = named.get_multiplexed_async_connection().await?;
        let role: Vec<::redis::Value> = ::redis::cmd("ROLE").query_async(&mut connection).await?;
        match role.first() {
            Some(::redis::Value::BulkString(role)) if role == b"master" => Ok(named),
            _ => Err(RedisError::from((ErrorKind::Io, "a Sentinel names a server that is not the master"))),
        }
    }

    /// For log messages.
    pub fn describe(&self) -> String {
        let hosts: Vec<_> = self.clients.iter().map(|client| client.get_connection_info().addr().to_string()).collect();
        format!("{} behind the Sentinels {}", self.master, hosts.join(", "))
    }
}
