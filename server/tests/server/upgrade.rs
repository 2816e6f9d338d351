//! Admission of sockets.

use testkit::Response;

use crate::support::TestServer;

/// Requests an upgrade with valid headers except for these. An empty value removes the header.
pub async fn ask(server: &TestServer, headers: &[(&str, &str)]) -> Response {
    let origin = format!("http://{}", server.address);
    let right = [
        ("connection", "upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("sec-websocket-protocol", "sala.v1"),
        ("origin", origin.as_str()),
    ];
    let other = |name: &str| !headers.iter().any(|(changed, _)| *changed == name);
    let all = right.iter().filter(|(name, _)| other(name)).chain(headers).filter(|(_, value)| !value.is_empty());
    all.fold(server.get("/ws"), |request, (name, value)| request.header(name, value)).send().await
}

async fn check(rows: &[(&[(&str, &str)], u16)]) {
    let server = TestServer::with(&[("ALLOWED_ORIGINS", "friend.example.org")]).await;
    let cookie = server.sign_in("Ana").await;
    for (headers, status) in rows {
        let mut headers = headers.to_vec();
        if !headers.iter().any(|(name, _)| *name == "cookie") {
            headers.push(("cookie", &cookie));
        }
        assert_eq!(ask(&server, &headers).await.status, *status, "{headers:?}");
    }
}

#[tokio::test]
async fn a_socket_needs_a_session() {
    check(&[
        (&[], 101),
        (&[("cookie", "")], 401),
        (&[("cookie", "sala_session=forged")], 401),
        (&[("cookie", "sala_session=")], 401),
        (&[("cookie", "other=1")], 401),
    ])
    .await;
}

#[tokio::test]
async fn a_socket_needs_an_allowed_origin() {
    check(&[
        (&[("origin", "")], 403),
        (&[("origin", "null")], 403),
        (&[("origin", "https://evil.example.org")], 403),
        (&[("origin", "http://127.0.0.1:1")], 403),
        (&[("origin", "https://friend.example.org")], 101),
        (&[("origin", "https://friend.example.org.evil.example.org")], 403),
    ])
    .await;
}

#[tokio::test]
async fn a_socket_needs_the_subprotocol() {
    check(&[
        (&[("sec-websocket-protocol", "")], 400),
        (&[("sec-websocket-protocol", "sala.v2")], 400),
        (&[("sec-websocket-protocol", "chat, sala.v1")], 101),
        (&[("upgrade", "")], 400),
        (&[("sec-websocket-key", "")], 400),
    ])
    .await;
}

#[tokio::test]
async fn the_subprotocol_is_confirmed() {
    let server = TestServer::start().await;
    let cookie = server.sign_in("Ana").await;
    let answer = ask(&server, &[("cookie", &cookie)]).await;
    assert_eq!(answer.header("sec-websocket-protocol"), "sala.v1");
}
