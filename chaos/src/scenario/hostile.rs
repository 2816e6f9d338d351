//! Requests and frames that no honest client sends.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, bail, ensure};
use protocol::{ClientFrame, CloseCode, Command, RefusalCode, SUBPROTOCOL, ServerFrame, limits};
use rand::Rng;
use testkit::{Message, Received, Request, WebSocket};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::frame::{
    Frame,
    coding::{Data, OpCode},
};

use crate::{
    checker::AllowedLoss,
    clients::{Workload, sign_in},
    report::ScenarioReport,
    run_config::RunConfig,
    test_env::{Setup, TestEnv},
};

const TIMEOUT: Duration = Duration::from_secs(10);
const FLOOD: usize = 1_000;
/// How many bytes an instance may grow.
const MEMORY_LIMIT: u64 = 64 * 1_024 * 1_024;

pub async fn hostile(config: RunConfig) -> anyhow::Result<ScenarioReport> {
    let limits = [("SENDS_PER_SECOND", "20"), ("SENDS_BURST", "60")].map(|(name, value)| (name, value.to_owned()));
    let setup = Setup { env: limits.into(), ..Setup::new(Workload::standard(config)) };
    let mut env = TestEnv::start(config, setup).await?;
    env.send_for(Duration::from_secs(1)).await;
    let target = env.instances[0].address;
    let before = env.instances[0].process.memory()?;
    let cookies = sign_in(target, "mallory").await?.cookies.header();
    for _ in 0..config.pick(1, 10) {
        expect_upgrades_refused(target, &cookies).await?;
        let mut rng = config.seed.rng("hostile", 0);
        let garbage: Vec<u8> = (0..200).map(|_| rng.random()).collect();
        for (what, message) in [
            ("an oversized frame", Message::text("x".repeat(limits::FRAME + 1))),
            ("a binary frame", Message::binary(garbage.clone())),
            ("no JSON", Message::text(String::from_utf8_lossy(&garbage).into_owned())),
            ("a stray continuation", Message::Frame(Frame::message("x", OpCode::Data(Data::Continue), true))),
        ] {
            expect_closed(target, &cookies, message).await.with_context(|| what.to_owned())?;
            env.fault_started();
        }
        flood(target, &cookies).await?;
        env.fault_started();
    }
    let growth = env.instances[0].process.memory()?.saturating_sub(before);
    env.send_for(Duration::from_secs(2)).await;
    let mut report = env.finish(AllowedLoss::None).await?;
    report.expect(growth < MEMORY_LIMIT, format!("an instance grew by {growth} bytes"));
    report.expect_no_interruptions();
    Ok(report)
}

/// Expects that an upgrade is refused without the right origin, session and protocol.
async fn expect_upgrades_refused(target: SocketAddr, cookies: &str) -> anyhow::Result<()> {
    let own = format!("http://{target}");
    let forged = format!("{cookies}x");
    for (what, status, origin, cookies, protocol) in [
        ("a foreign origin", 403, Some("http://example.org"), Some(cookies), SUBPROTOCOL),
        ("no origin", 403, None, Some(cookies), SUBPROTOCOL),
        ("no session", 401, Some(own.as_str()), None, SUBPROTOCOL),
        ("a forged session", 401, Some(own.as_str()), Some(forged.as_str()), SUBPROTOCOL),
        ("another protocol", 400, Some(own.as_str()), Some(cookies), "tea"),
    ] {
        let mut request = Request::get("/ws").header("connection", "close").header("upgrade", "websocket");
        request = request.header("sec-websocket-version", "13");
        request = request.header("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA==");
        request = request.header("sec-websocket-protocol", protocol);
        for (name, value) in [("origin", origin), ("cookie", cookies)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let response = request.send(target).await?;
        ensure!(response.status == status, "{what} is answered with {} and not with {status}", response.status);
    }
    Ok(())
}

/// Expects that a message which is not of the protocol closes its socket with the code for it.
async fn expect_closed(target: SocketAddr, cookies: &str, message: Message) -> anyhow::Result<()> {
    let mut socket = WebSocket::open(target, cookies).await?;
    socket.send_message(message).await?;
    let code = async {
        loop {
            if let Received::Closed(code) = socket.receive().await {
                return code;
            }
        }
    };
    let code = timeout(TIMEOUT, code).await.context("the socket stays open")?;
    ensure!(code == u16::from(CloseCode::NotThisProtocol), "the socket is closed with {code}");
    Ok(())
}

/// Sends a thousand messages at once. Most of them are refused, and the socket stays open.
async fn flood(target: SocketAddr, cookies: &str) -> anyhow::Result<()> {
    let mut socket = WebSocket::open(target, cookies).await?;
    let room = "flooded".to_owned();
    socket.send(&ClientFrame::Join { room: room.clone(), after: None }).await?;
    for number in 0..FLOOD {
        let (room, id) = (room.clone(), format!("f{number}"));
        socket.send(&ClientFrame::Command { room, id, command: Command::send("buy tea") }).await?;
    }
    let counting = async {
        let (mut sent, mut refused) = (0, 0);
        while sent + refused < FLOOD {
            let Received::Text(text) = socket.receive().await else { bail!("the socket was closed") };
            match ServerFrame::decode(&text)? {
                ServerFrame::Sent { .. } => sent += 1,
                ServerFrame::Refused { code: RefusalCode::RateLimited, .. } => refused += 1,
                _ => {}
            }
        }
        Ok((sent, refused))
    };
    let (sent, refused) = timeout(TIMEOUT * 3, counting).await.context("a flood is not answered")??;
    ensure!(refused > FLOOD / 2, "{sent} messages of a flood were accepted, and only {refused} refused");
    socket.close(1000).await
}
