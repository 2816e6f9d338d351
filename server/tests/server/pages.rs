//! Pages and files.

use crate::support::TestServer;

#[tokio::test]
async fn the_front_page_asks_for_name_and_room() {
    let server = TestServer::start().await;
    let answer = server.get("/").send().await;
    assert_eq!(answer.status, 200);
    for part in [r#"id="name""#, r#"id="room""#, "signin", r#"action="/api/sign_in""#] {
        assert!(answer.text().contains(part), "{part}");
    }
}

#[tokio::test]
async fn a_room_without_a_session_shows_the_sign_in_form() {
    let server = TestServer::start().await;
    let answer = server.get("/r/Caf%C3%A9").send().await;
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains(r#"id="name""#) && answer.text().contains(r#"value="Café""#), "{}", answer.text());
}

#[tokio::test]
async fn a_room_is_rendered_with_its_latest_messages() {
    let server = TestServer::with(&[("SENDS_BURST", "100")]).await;
    let mut ana = server.enter("Ana", "lobby").await;
    for n in 1..=51 {
        ana.say("lobby", &n.to_string(), &format!("message-{n}.")).await;
    }
    let cookie = server.sign_in("Rui").await;
    let answer = server.get("/r/lobby").cookie(&cookie).send().await;
    assert_eq!(answer.status, 200);
    assert!(
        !answer.text().contains("message-1.")
            && answer.text().contains("message-2.")
            && answer.text().contains("message-51.")
    );
    assert!(answer.header("cache-control").contains("private"));
    assert!(
        answer.header("link").starts_with("</pkg/") && answer.header("link").ends_with(".css>; rel=preload; as=style")
    );
}

#[tokio::test]
async fn a_page_after_a_form_links_to_the_room() {
    let server = TestServer::start().await;
    let cookie = server.sign_in("Ana").await;
    let fields = [("room", "a room"), ("id", "1"), ("text", " ")];
    let answer = server.post("/api/send_message", &fields).cookie(&cookie).send().await;
    assert_eq!(answer.status, 422);
    assert_eq!(answer.text().matches(r#"<a href="/r/a%20room">Refresh</a>"#).count(), 2, "{}", answer.text());
}

#[tokio::test]
async fn messages_are_escaped() {
    let server = TestServer::start().await;
    let name = "<b>A</b>";
    let room = "</script><i>";
    let mut ana = server.enter(name, room).await;
    ana.say(room, "1", "</script><script>alert(1)</script><!--").await;
    let cookie = server.sign_in(name).await;
    let answer = server.get("/r/%3C%2Fscript%3E%3Ci%3E").cookie(&cookie).send().await;
    assert_eq!(answer.status, 200);
    for markup in ["<script>alert", "</script><i>", "<b>A</b>", "</script><script>"] {
        assert!(!answer.text().contains(markup), "{markup}");
    }
    assert!(answer.text().contains("&lt;script&gt;alert(1)"));
}

#[tokio::test]
async fn every_page_has_a_policy_with_a_nonce() {
    let server = TestServer::start().await;
    let cookie = server.sign_in("Ana").await;
    let mut nonces = Vec::new();
    for path in ["/", "/r/lobby", "/nothing"] {
        let answer = server.get(path).cookie(&cookie).send().await;
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe-inline"), "{policy}");
        let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
        assert!(nonce.len() >= 16, "{policy}");
        assert!(!answer.text().contains(" style=\"") && !answer.text().contains(" onclick="));
        for script in answer.text().split("<script").skip(1) {
            let tag = script.split('>').next().unwrap();
            assert!(tag.contains(&format!("nonce=\"{nonce}\"")), "{tag}");
        }
        nonces.push(nonce.to_owned());
        for (name, value) in
            [("x-content-type-options", "nosniff"), ("x-frame-options", "DENY"), ("referrer-policy", "same-origin")]
        {
            assert_eq!(answer.header(name), value);
        }
    }
    nonces.dedup();
    assert_eq!(nonces.len(), 3);
}

#[tokio::test]
async fn room_paths_are_canonical() {
    let server = TestServer::start().await;
    let answer = server.get("/r/Cafe%CC%81").send().await;
    assert_eq!((answer.status, answer.header("location")), (308, "/r/Caf%C3%A9"));
    let answer = server.get("/r?room=%20my%20room").send().await;
    assert_eq!((answer.status, answer.header("location")), (303, "/r/my%20room"));
}

#[tokio::test]
async fn a_message_link_survives_canonicalisation() {
    let server = TestServer::start().await;
    for (path, location) in [
        ("/r/Cafe%CC%81?at=7", "/r/Caf%C3%A9?at=7"),
        ("/r/Cafe%CC%81?x=1&at=7", "/r/Caf%C3%A9?at=7"),
        ("/r/Cafe%CC%81?at=%0d%0aset-cookie:x", "/r/Caf%C3%A9"),
        ("/r/Cafe%CC%81?at=1&at=2", "/r/Caf%C3%A9?at=1"),
        ("/r?room=%20my%20room&at=7", "/r/my%20room?at=7"),
        ("/r/%20.?at=7", "/r?room=.&at=7"),
    ] {
        assert_eq!(server.get(path).send().await.header("location"), location, "{path}");
    }
}

#[tokio::test]
async fn unknown_paths_get_a_404_page() {
    let server = TestServer::start().await;
    let long = format!("/r/{}", "x".repeat(65));
    for path in [
        "/nothing",
        "/r/%00",
        "/r/a%E2%80%AEb",
        "/r?room=",
        &long,
        "/r/%ff",
        "/r?room=a&room=b",
        "/api/nothing",
        "/pkg/nothing.js",
    ] {
        let answer = server.get(path).send().await;
        assert_eq!(answer.status, 404, "{path}");
    }
}

#[tokio::test]
async fn hashed_files_are_immutable_and_folders_are_not_listed() {
    let server = TestServer::start().await;
    let answer = server.get("/pkg/sala.css").send().await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "body{}"));
    assert!(answer.header("cache-control").contains("immutable"));
    assert_eq!(answer.header("vary"), "accept-encoding");
    // The file may exist on the next instance of a rolling deployment.
    assert_eq!(server.get("/pkg/sala.other.css").send().await.header("cache-control"), "no-cache");
    for path in ["/pkg/../../Cargo.toml", "/..%2f..%2fCargo.toml", "/pkg/"] {
        assert_eq!(server.get(path).send().await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn pages_are_compressed() {
    let server = TestServer::start().await;
    let answer = server.get("/").header("accept-encoding", "br").send().await;
    assert_eq!(answer.header("content-encoding"), "br");
}
