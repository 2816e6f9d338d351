use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, ensure};
use futures_util::{SinkExt, StreamExt};
use protocol::{ClientFrame, CloseCode, RefusalCode, ServerFrame, limits};
use rand::Rng;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    },
};

use crate::{
    checker::AllowedLoss,
    clients::{Credentials, Workload, open, sign_in},
    http,
    report::ScenarioReport,
    run::RunConfig,
    test_env::{Setup, TestEnv},
};

const TIMEOUT: Duration = Duration::from_secs(10);
const FLOOD: usize = 1_000;
/// What an instance may grow by under all that.
const MEMORY: u64 = 64 * 1_024 * 1_024;

pub async fn run(config: RunConfig) -> anyhow::Result<ScenarioReport> {
    let workload = Workload::standard(config);
    let limits = [("SENDS_PER_SECOND", "20"), ("SENDS_BURST", "60")].map(|(name, value)| (name, value.to_owned()));
    let mut env = TestEnv::set(config, Setup { settings: limits.into(), ..Setup::of(workload) }).await?;
    env.send_for(Duration::from_secs(1)).await;
    let target = env.instances[0].address;
    let before = env.instances[0].memory()?;
    let pass = sign_in(target, "mallory").await?;
    for _ in 0..config.pick(1, 10) {
        refused_at_the_door(target, &pass).await?;
        let garbage: Vec<u8> = {
            let mut rng = config.seed.rng("hostile", 0);
            (0..200).map(|_| rng.random()).collect()
        };
        for (what, message) in [
            ("a frame that is too large", Message::text("x".repeat(limits::FRAME + 1))),
            ("binary", Message::binary(garbage.clone())),
            ("no JSON", Message::text(String::from_utf8_lossy(&garbage).into_owned())),
            ("a fragment of another", Message::Frame(Frame::message("x", OpCode::Data(Data::Continue), true))),
        ] {
            closed(target, &pass, message).await.with_context(|| what.to_owned())?;
            env.fault_started();
        }
        flood(target, &pass).await?;
        env.fault_started();
    }
    let grown = env.instances[0].memory()?.saturating_sub(before);
    env.send_for(Duration::from_secs(2)).await;
    let mut report = env.close(AllowedLoss::None).await?;
    report.expect(grown < MEMORY, format!("an instance grew by {grown} bytes"));
    report.expect(report.interruptions() == 0, "others were harmed");
    Ok(report)
}

/// Who has no business here is refused before a socket is opened.
async fn refused_at_the_door(target: SocketAddr, pass: &Credentials) -> anyhow::Result<()> {
    let upgrade = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
    let own = format!("Origin: http://{target}\r\n");
    let session = format!("Cookie: {}\r\n", pass.cookies.header());
    let forged = format!("{}x\r\n", session.trim_end());
    let version = "Sec-WebSocket-Protocol: sala.v1\r\n";
    for (what, status, headers) in [
        ("a foreign origin", 403, format!("Origin: http://example.org\r\n{session}{version}")),
        ("no origin", 403, format!("{session}{version}")),
        ("no session", 401, format!("{own}{version}")),
        ("a forged session", 401, format!("{own}{forged}{version}")),
        ("another protocol", 400, format!("{own}{session}Sec-WebSocket-Protocol: tea\r\n")),
    ] {
        let answer = http::get(target, "/ws", &format!("{upgrade}{headers}")).await?;
        ensure!(answer.status == status, "{what} is answered with {} and not with {status}", answer.status);
    }
    Ok(())
}

/// What is not this protocol ends its own socket, with the code for it.
async fn closed(target: SocketAddr, pass: &Credentials, message: Message) -> anyhow::Result<()> {
    let mut socket = open(target, &pass.cookies).await?;
    socket.send(message).await?;
    let code = async {
        while let Some(heard) = socket.next().await {
            if let Message::Close(frame) = heard? {
                return Ok(frame.map(|frame| u16::from(frame.code)));
            }
        }
        anyhow::Ok(None)
    };
    let code = timeout(TIMEOUT, code).await.context("the socket stays open")??;
    ensure!(code == Some(CloseCode::NotThisProtocol.into()), "the socket is closed with {code:?}");
    Ok(())
}

/// A thousand messages at once: most of them are refused, and the socket lives on.
async fn flood(target: SocketAddr, pass: &Credentials) -> anyhow::Result<()> {
    let mut socket = open(target, &pass.cookies).await?;
    let room = "flooded".to_owned();
    socket.send(Message::text(ClientFrame::Join { room: room.clone(), after: None }.encode())).await?;
    for number in 0..FLOOD {
        let send = ClientFrame::Send {
            room: room.clone(),
            id: format!("f{number}"),
            text: "buy tea".into(),
            reply_to: None,
            uid: None,
        };
        socket.feed(Message::text(send.encode())).await?;
    }
    socket.flush().await?;
    let counting = async {
        let (mut sent, mut refused) = (0, 0);
        while sent + refused < FLOOD {
            let Message::Text(text) = socket.next().await.context("the socket was cut")?? else { continue };
            match ServerFrame::decode(&text)? {
                ServerFrame::Sent { .. } => sent += 1,
                ServerFrame::Refused { code: RefusalCode::RateLimited, .. } => refused += 1,
                _ => {}
            }
        }
        anyhow::Ok((sent, refused))
    };
    let (sent, refused) = timeout(TIMEOUT * 3, counting).await.context("a flood is not answered")??;
    ensure!(refused > FLOOD / 2, "of a flood {sent} messages were taken, and only {refused} refused");
    socket.close(None).await?;
    Ok(())
}
