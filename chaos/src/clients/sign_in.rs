use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, ensure};
use futures_util::StreamExt;
use protocol::{ServerFrame, User};
use tokio::{
    net::TcpStream,
    time::{sleep, timeout},
};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

use super::{CookieJar, socket::open};
use crate::http;

const TIMEOUT: Duration = Duration::from_secs(20);

/// A person who is signed in.
#[derive(Clone, Debug)]
pub struct Credentials {
    pub me: User,
    pub cookies: CookieJar,
}

/// Signs somebody in as the form does, and asks the server who that is.
pub async fn sign_in(address: SocketAddr, name: &str) -> anyhow::Result<Credentials> {
    let asking = async {
        let answer = http::post(address, "/api/sign_in", &format!("name={name}&room=")).await?;
        ensure!(answer.status == 303, "signing in was answered with {}", answer.status);
        let cookies = CookieJar::default();
        cookies.keep(answer.headers("set-cookie"));
        let mut socket = come_in(address, &cookies).await;
        let first = socket.next().await.context("a first socket was cut")??;
        let Message::Text(text) = first else { anyhow::bail!("a first socket began with {first:?}") };
        let welcome = ServerFrame::decode(&text)?;
        let ServerFrame::Welcome { user: me, .. } = welcome else { anyhow::bail!("no welcome, but {welcome:?}") };
        ensure!(me.name == name, "{name} was signed in as {}", me.name);
        socket.close(None).await?;
        Ok(Credentials { me, cookies })
    };
    timeout(TIMEOUT, asking).await.context("signing in hangs")?
}

/// An instance takes so many sockets a second and no more; whoever is sent away comes again.
async fn come_in(address: SocketAddr, cookies: &CookieJar) -> WebSocketStream<TcpStream> {
    loop {
        match open(address, cookies).await {
            Ok(socket) => return socket,
            Err(_) => sleep(Duration::from_millis(200)).await,
        }
    }
}
