//! Posted forms.

use crate::support::{TestServer, TestSocket, text};
use testkit::RedisServer;

#[tokio::test]
async fn sign_in_redirects_to_the_room() {
    let server = TestServer::start().await;
    for (room, location) in [
        ("lobby", "/r/lobby"),
        ("", "/"),
        (" Café & Co/2 ", "/r/Caf%C3%A9%20%26%20Co%2F2"),
        ("Cafe\u{301}", "/r/Caf%C3%A9"),
        ("..", "/r?room=.."),
    ] {
        let answer = server.post("/api/sign_in", &[("name", "Ana"), ("room", room)]).send().await;
        assert_eq!((answer.status, answer.header("location")), (303, location));
        let cookie = answer.header("set-cookie");
        assert!(
            cookie.starts_with("sala_session=") && cookie.contains("HttpOnly") && !cookie.contains("Secure"),
            "{cookie}"
        );
    }
}

#[tokio::test]
async fn the_cookie_is_secure_behind_tls() {
    let server = TestServer::start().await;
    let request = server.post("/api/sign_in", &[("name", "Ana")]).header("x-forwarded-proto", "https");
    let answer = request.send().await;
    assert!(answer.header("set-cookie").contains("Secure"));
    assert!(answer.header("strict-transport-security").contains("max-age"));
}

#[tokio::test]
async fn an_invalid_name_or_room_shows_the_form_with_the_reason_and_the_input() {
    let server = TestServer::start().await;
    let long = "x".repeat(33);
    for (name, room, reason) in [
        ("", "lobby", "Your name is missing"),
        ("  ", "lobby", "Your name is missing"),
        (long.as_str(), "lobby", "32 characters"),
        ("A\u{202E}na", "lobby", "cannot be shown"),
        ("Ana", "x\u{7}", "cannot be shown"),
    ] {
        let answer = server.post("/api/sign_in", &[("name", name), ("room", room)]).send().await;
        assert_eq!(answer.status, 422);
        assert!(answer.text().contains(reason), "{reason}: {}", answer.text());
        assert!(answer.header("set-cookie").is_empty());
        assert!(answer.text().contains(r#"id="name""#) && (room.is_empty() || answer.text().contains(room)));
    }
    let answer = server.post("/api/sign_in", &[]).send().await;
    assert_eq!(answer.status, 422);
}

#[tokio::test]
async fn a_malformed_form_is_refused() {
    let server = TestServer::start().await;
    for path in ["/api/sign_in", "/api/send_message"] {
        let answer = server.post(path, &[]).header("content-type", "application/json").send().await;
        assert!((400..500).contains(&answer.status), "{}", answer.status);
        let large = "x".repeat(100_000);
        let answer = server.post(path, &[("name", &large)]).send().await;
        assert_eq!(answer.status, 413);
    }
}

#[tokio::test]
async fn get_of_a_form_address_redirects_home() {
    let server = TestServer::start().await;
    for path in ["/api/sign_in", "/api/sign_out", "/api/settings", "/api/send_message"] {
        let answer = server.get(path).send().await;
        assert_eq!((answer.status, answer.header("location")), (303, "/"), "{path}");
        assert!(answer.header("set-cookie").is_empty(), "{path}");
    }
}

#[tokio::test]
async fn a_form_of_another_site_is_refused() {
    let server = TestServer::start().await;
    let cookie = server.sign_in("Ana").await;
    for path in ["/api/sign_in", "/api/sign_out", "/api/settings", "/api/send_message"] {
        let fields = [("name", "Eva"), ("room", "lobby"), ("text", "x"), ("id", "1")];
        let request = server.post(path, &fields).cookie(&cookie).header("origin", "https://evil.example.org");
        assert_eq!(request.send().await.status, 403, "{path}");
    }
}

#[tokio::test]
async fn a_message_can_be_posted_once() {
    let server = TestServer::start().await;
    let cookie = server.sign_in("Ana").await;
    let fields = [("room", "lobby"), ("id", "m1"), ("text", "one\r\ntwo")];
    for _ in 0..2 {
        let answer = server.post("/api/send_message", &fields).cookie(&cookie).send().await;
        assert_eq!((answer.status, answer.header("location")), (303, "/r/lobby"));
    }
    let events = TestSocket::open(server.address, &cookie).await.join("lobby").await.events;
    assert_eq!(events.iter().map(text).collect::<Vec<_>>(), ["one\ntwo"]);
}

#[tokio::test]
async fn another_text_with_the_same_id_is_shown_with_a_new_id() {
    let server = TestServer::start().await;
    let cookie = server.sign_in("Ana").await;
    let post = async |id: &str, said: &str| {
        let fields = [("room", "lobby"), ("id", id), ("text", said)];
        server.post("/api/send_message", &fields).cookie(&cookie).send().await
    };
    assert_eq!(post("m1", "one").await.status, 303);
    let kept = post("m1", "another").await;
    assert_eq!(kept.status, 422);
    assert!(
        kept.text().contains("sent before with another text") && kept.text().contains("another</textarea>"),
        "{}",
        kept.text()
    );
    let kept = kept.text();
    let id = kept.split("name=\"id\"").nth(1).unwrap().split("value=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_ne!(id, "m1");
    assert_eq!(post(id, "another").await.status, 303);
    let events = TestSocket::open(server.address, &cookie).await.join("lobby").await.events;
    assert_eq!(events.iter().map(text).collect::<Vec<_>>(), ["one", "another"]);
}

#[tokio::test]
async fn a_temporarily_refused_message_keeps_its_id_and_text() {
    let redis = RedisServer::start().await.unwrap();
    let server =
        TestServer::with(&[("REDIS_URL", &redis.url()), ("SENDS_PER_SECOND", "0.1"), ("SENDS_BURST", "1")]).await;
    let cookie = server.sign_in("Ana").await;
    let fields = [("room", "lobby"), ("id", "m1"), ("text", "one")];
    assert_eq!(server.post("/api/send_message", &fields).cookie(&cookie).send().await.status, 303);
    let fields = [("room", "lobby"), ("id", "m2"), ("text", "two")];
    let limited = server.post("/api/send_message", &fields).cookie(&cookie).send().await;
    assert_eq!(limited.status, 429);
    assert!(limited.text().contains("value=\"m2\"") && limited.text().contains("two</textarea>"), "{}", limited.text());

    let cookie = server.sign_in("Rui").await;
    redis.pause().unwrap();
    let away = server.post("/api/send_message", &fields).cookie(&cookie).send().await;
    redis.resume().unwrap();
    assert_eq!(away.status, 503);
    assert!(away.text().contains("two</blockquote>"), "{}", away.text());
}

#[tokio::test]
async fn a_posted_message_is_on_the_next_page() {
    let server = TestServer::with(&[("SENDS_BURST", "1000")]).await;
    let cookie = server.sign_in("Ana").await;
    for n in 1..=100 {
        let (id, text) = (n.to_string(), format!("message-{n}."));
        let fields = [("room", "lobby"), ("id", id.as_str()), ("text", text.as_str())];
        server.post("/api/send_message", &fields).cookie(&cookie).send().await;
        let page = server.get("/r/lobby").cookie(&cookie).send().await;
        assert!(page.text().contains(&text), "{text}");
    }
}

#[tokio::test]
async fn a_refused_message_is_shown_with_the_reason() {
    let server = TestServer::with(&[("SENDS_PER_SECOND", "0.1"), ("SENDS_BURST", "1")]).await;
    let cookie = server.sign_in("Ana").await;
    let long = "x".repeat(4_001);
    let post = |room, id, text| {
        let fields = [("room", room), ("id", id), ("text", text)];
        server.post("/api/send_message", &fields).cookie(&cookie).send()
    };
    let answer = post("lobby", "1", &long).await;
    assert_eq!(answer.status, 422);
    assert!(answer.text().contains("4000 characters") && answer.text().contains(&long));
    assert_eq!(post("lobby", "1", " ").await.status, 422);
    assert_eq!(post("lobby", "1", "\0").await.status, 422);
    assert_eq!(post("lobby", "a b", "x").await.status, 422);
    assert_eq!(post("", "1", "x").await.status, 422);
    assert_eq!(post("lobby", "1", "x").await.status, 303);
    let answer = post("lobby", "2", "typed in haste").await;
    assert_eq!(answer.status, 429);
    assert!(answer.text().contains("typed in haste"));
}

#[tokio::test]
async fn posting_without_a_session_asks_to_sign_in_and_keeps_the_text() {
    let server = TestServer::start().await;
    let fields = [("room", "lobby"), ("id", "1"), ("text", "written <b>for</b> long")];
    let answer = server.post("/api/send_message", &fields).send().await;
    assert_eq!(answer.status, 401);
    assert!(answer.text().contains(r#"id="name""#) && answer.text().contains("lobby"));
    assert!(answer.text().contains("written &lt;b&gt;for&lt;/b&gt; long"), "{}", answer.text());
}

#[tokio::test]
async fn a_restart_with_a_stored_key_signs_nobody_out() {
    let unset = [("SESSION_KEY", "")];
    let server = TestServer::with(&unset).await;
    let cookie = server.sign_in("Ana").await;
    let server = server.restart_with(&unset).await;
    let fields = [("room", "lobby"), ("id", "1"), ("text", "still me")];
    assert_eq!(server.post("/api/send_message", &fields).cookie(&cookie).send().await.status, 303);
    let another = TestServer::with(&unset).await;
    assert_eq!(another.post("/api/send_message", &fields).cookie(&cookie).send().await.status, 401);
}

#[tokio::test]
async fn signing_out_ends_the_session() {
    let server = TestServer::start().await;
    let cookie = server.sign_in("Ana").await;
    let answer = server.post("/api/sign_out", &[]).cookie(&cookie).send().await;
    assert_eq!((answer.status, answer.header("location")), (303, "/"));
    assert!(answer.header("set-cookie").contains("Max-Age=0"));
}
