//! Edits, deletions, reactions and replies, on one embedded server and on two that share a Redis.

use protocol::{ClientFrame, Command, Event, Kind, RefusalCode, Reply};

use crate::support::{TestServer, TestSocket};
use testkit::RedisServer;

/// Two servers with one backend, or the same server twice.
struct ServerPair {
    one: TestServer,
    other: Option<TestServer>,
    _redis: Option<RedisServer>,
}

impl ServerPair {
    async fn each() -> [Self; 2] {
        let redis = RedisServer::start().await.unwrap();
        let url = redis.url();
        let shared = [("REDIS_URL", url.as_str())];
        let (one, other) = (server(&shared).await, Some(server(&shared).await));
        [Self { one: server(&[]).await, other: None, _redis: None }, Self { one, other, _redis: Some(redis) }]
    }

    fn two(&self) -> &TestServer {
        self.other.as_ref().unwrap_or(&self.one)
    }
}

async fn server(variables: &[(&str, &str)]) -> TestServer {
    let quick = [("SENDS_BURST", "1000"), ("SENDS_PER_SECOND", "1000"), ("FRAMES_BURST", "2000")];
    TestServer::with(&[variables, &quick].concat()).await
}

fn command(id: &str, command: Command) -> ClientFrame {
    ClientFrame::Command { room: "lobby".into(), id: id.into(), command }
}

fn edit(id: &str, target: u64, text: &str) -> ClientFrame {
    command(id, Command::Edit { target: target.into(), text: text.into() })
}

fn delete(id: &str, target: u64) -> ClientFrame {
    command(id, Command::Delete { target: target.into() })
}

fn react(id: &str, target: u64, emoji: &str) -> ClientFrame {
    command(id, Command::React { target: target.into(), emoji: emoji.into(), on: true })
}

fn answer(id: &str, target: u64, text: &str) -> ClientFrame {
    command(id, Command::Send { text: text.into(), reply_to: Some(target.into()) })
}

/// Sends a command and waits for its event.
async fn done(socket: &mut TestSocket, frame: ClientFrame) -> u64 {
    let seq = socket.ask(frame).await.unwrap();
    while socket.last_seq < seq {
        socket.event().await;
    }
    seq
}

fn kinds(events: &[Event]) -> Vec<&Kind> {
    events.iter().map(|event| &event.kind).collect()
}

#[tokio::test]
async fn a_change_reaches_all_members_and_later_joiners() {
    for site in ServerPair::each().await {
        let mut ana = site.one.enter("Ana", "lobby").await;
        let mut rui = site.two().enter("Rui", "lobby").await;
        let cursor = rui.join("lobby").await.cursor();
        let seq = ana.say("lobby", "1", "hello").await;
        done(&mut ana, edit("2", seq, "hello, all")).await;
        done(&mut rui, react("3", seq, "👋🏽")).await;
        done(&mut ana, delete("4", seq)).await;
        let expected = [
            Kind::Message { id: "1".into(), text: "hello".into(), reply: None },
            Kind::Edit { id: "2".into(), target: seq, text: "hello, all".into() },
            Kind::Reaction { id: "3".into(), target: seq, emoji: "👋🏽".into(), on: true },
            Kind::Delete { id: "4".into(), target: seq },
        ];
        let expected: Vec<&Kind> = expected.iter().collect();
        let joined = site.two().connect("Eva").await.join("lobby").await;
        assert_eq!(kinds(&joined.events), expected, "on a first visit");
        let back = rui.rejoin("lobby", Some(cursor)).await;
        assert!(back.recovered);
        assert_eq!(kinds(&back.events), expected, "of one who comes back");
    }
}

#[tokio::test]
async fn only_its_author_changes_a_message() {
    for site in ServerPair::each().await {
        let mut ana = site.one.enter("Ana", "lobby").await;
        let mut rui = site.two().enter("Rui", "lobby").await;
        let seq = ana.say("lobby", "1", "hello").await;
        for frame in [edit("2", seq, "x"), delete("3", seq)] {
            let (code, why) = rui.ask(frame).await.unwrap_err();
            assert_eq!((code, why.as_str()), (RefusalCode::Forbidden, "Only who wrote a message can change it."));
        }
        let last = done(&mut rui, react("4", seq, "👍")).await;
        // The other instance may not have received it yet.
        while ana.event().await.seq < last {}
        let joined = ana.join("lobby").await;
        assert_eq!(joined.events.len(), 2, "what was refused is not there");
    }
}

#[tokio::test]
async fn a_deleted_message_cannot_be_changed() {
    for site in ServerPair::each().await {
        let mut ana = site.one.enter("Ana", "lobby").await;
        let mut rui = site.two().enter("Rui", "lobby").await;
        let seq = ana.say("lobby", "1", "hello").await;
        done(&mut ana, delete("2", seq)).await;
        while rui.event().await.seq < seq + 1 {}
        for frame in [react("3", seq, "👍"), answer("4", seq, "x")] {
            let (code, why) = rui.ask(frame).await.unwrap_err();
            assert_eq!((code, why.as_str()), (RefusalCode::Forbidden, "That message was deleted."));
        }
        assert_eq!(ana.ask(edit("5", seq, "x")).await.unwrap_err().0, RefusalCode::Forbidden);
    }
}

#[tokio::test]
async fn a_repeated_change_takes_effect_once_on_any_instance() {
    for site in ServerPair::each().await {
        let mut rui = site.two().enter("Rui", "lobby").await;
        let cookie = site.one.sign_in("Ana").await;
        let mut ana = TestSocket::open(site.one.address, &cookie).await;
        ana.join("lobby").await;
        let seq = ana.say("lobby", "1", "hello").await;
        let changes = [edit("2", seq, "hello, all"), react("3", seq, "👍"), answer("4", seq, "me"), delete("5", seq)];
        let mut places = Vec::new();
        for frame in &changes {
            places.push(done(&mut ana, frame.clone()).await);
        }
        while rui.event().await.seq < *places.last().unwrap() {}
        let mut again = TestSocket::open(site.two().address, &cookie).await;
        again.join("lobby").await;
        for (frame, place) in changes.into_iter().zip(places) {
            assert_eq!(again.ask(frame.clone()).await, Ok(place), "{frame:?}");
        }
        rui.assert_open().await;
        assert_eq!(rui.join("lobby").await.events.len(), 5);
    }
}

#[tokio::test]
async fn a_reply_quotes_its_message() {
    for site in ServerPair::each().await {
        let mut ana = site.one.enter("Ana", "lobby").await;
        let mut rui = site.two().enter("Rui", "lobby").await;
        let seq = ana.say("lobby", "1", &"a long story ".repeat(200)).await;
        while rui.event().await.seq < seq {}
        done(&mut rui, answer("2", seq, "yes")).await;
        let heard = ana.event().await;
        let Kind::Message { reply: Some(Reply { seq: answered, author, text }), .. } = heard.kind else {
            panic!("an answer, not {heard:?}")
        };
        assert_eq!((answered, author), (seq, ana.me.clone()));
        assert_eq!(text.chars().count(), 140, "{text}");
    }
}

#[tokio::test]
async fn edits_keep_any_text_and_invalid_emoji_are_refused() {
    let server = server(&[]).await;
    let mut ana = server.enter("Ana", "lobby").await;
    let mut rui = server.enter("Rui", "lobby").await;
    let seq = ana.say("lobby", "1", "hello").await;
    rui.event().await;
    let marks = format!("Z{}", "\u{301}\u{302}\u{303}".repeat(1_000));
    for (n, text) in [marks.as_str(), "\u{202E}olleh", "👩🏽‍❤️‍💋‍👨🏿", &"x".repeat(4_000)].iter().enumerate()
    {
        done(&mut ana, edit(&format!("e{n}"), seq, text)).await;
        let heard = rui.event().await;
        assert!(matches!(&heard.kind, Kind::Edit { text: said, .. } if said == text), "{heard:?}");
    }
    for emoji in ["", "a", "ok", "👍\u{301}", "\u{202E}👍", " ", "\0", "1", "\u{200D}", &"👍".repeat(17)] {
        let (code, _) = ana.ask(react("r", seq, emoji)).await.unwrap_err();
        assert_eq!(code, RefusalCode::BadFrame, "{emoji:?}");
    }
    for emoji in ["1️⃣", "🇧🇷", "👨‍👩‍👧‍👦"] {
        done(&mut ana, react(&format!("r{}", emoji.len()), seq, emoji)).await;
    }
    let longest = "x".repeat(4_001);
    assert_eq!(ana.ask(edit("e9", seq, &longest)).await.unwrap_err().0, RefusalCode::TextTooLong);
    assert_eq!(ana.ask(edit("e9", seq, " ")).await.unwrap_err().0, RefusalCode::TextEmpty);
    assert_eq!(ana.ask(edit("not one", seq, "x")).await.unwrap_err().0, RefusalCode::BadId);
}

#[tokio::test]
async fn a_change_costs_one_token_even_if_refused() {
    let server = TestServer::with(&[("SENDS_PER_SECOND", "1"), ("SENDS_BURST", "3")]).await;
    let mut ana = server.enter("Ana", "lobby").await;
    let seq = ana.say("lobby", "1", "hello").await;
    assert!(ana.ask(react("2", seq, "👍")).await.is_ok());
    assert_eq!(ana.ask(delete("3", 99)).await.unwrap_err().0, RefusalCode::Forbidden);
    assert_eq!(ana.ask(edit("4", seq, "x")).await.unwrap_err().0, RefusalCode::RateLimited);
}

#[tokio::test]
async fn changes_do_not_displace_messages_from_the_latest_page() {
    for site in ServerPair::each().await {
        let mut ana = site.one.enter("Ana", "lobby").await;
        for n in 1..=60 {
            ana.say("lobby", &n.to_string(), &format!("message number {n}.")).await;
        }
        for n in 0..100 {
            ana.ask(react(&format!("r{n}"), 60, "👍")).await.unwrap();
        }
        let joined = site.two().connect("Rui").await.join("lobby").await;
        let numbers: Vec<u64> = joined.events.iter().map(|event| event.seq).collect();
        assert_eq!(numbers, (11..=160).collect::<Vec<_>>());
        let page = site.two().get("/r/lobby").cookie(&site.two().sign_in("Eva").await).send().await;
        assert!(page.text().contains("message number 11.") && !page.text().contains("message number 10."));
    }
}

#[tokio::test]
async fn a_page_without_javascript_shows_edits_and_deletions() {
    let server = server(&[]).await;
    let mut ana = server.enter("Ana", "lobby").await;
    let kept = ana.say("lobby", "1", "first words").await;
    let gone = ana.say("lobby", "2", "secret words").await;
    done(&mut ana, edit("3", kept, "second thoughts")).await;
    done(&mut ana, delete("4", gone)).await;
    let page = server.get("/r/lobby").cookie(&server.sign_in("Eva").await).send().await;
    let page = page.text();
    let html = page.split("id=\"messages\"").nth(1).unwrap().split("</ol>").next().unwrap();
    assert!(html.contains("second thoughts") && html.contains("(edited)") && html.contains("deleted"), "{html}");
    assert!(!html.contains("first words") && !html.contains("secret words"), "{html}");
}
