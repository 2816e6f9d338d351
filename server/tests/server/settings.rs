//! The settings form: name, language and theme.

use protocol::ServerFrame;
use testkit::Response;

use crate::support::{TestServer, TestSocket};

/// The cookies that were set, as `name=value`.
fn cookies(answer: &Response) -> Vec<String> {
    answer.headers("set-cookie").map(|cookie| cookie.split(';').next().unwrap().to_owned()).collect()
}

/// Waits until a user with this name enters, and returns the id.
async fn comes(socket: &mut TestSocket, name: &str) -> String {
    loop {
        if let ServerFrame::People { joined, .. } = socket.next().await
            && let Some(user) = joined.into_iter().find(|user| user.name == name)
        {
            return user.id;
        }
    }
}

#[tokio::test]
async fn a_new_name_keeps_the_id_and_reaches_the_room() {
    let server = TestServer::start().await;
    let mut rui = server.enter("Rui", "lobby").await;
    let cookie = server.sign_in("Ana").await;
    let mut ana = TestSocket::open(server.address, &cookie).await;
    ana.join("lobby").await;
    let id = comes(&mut rui, "Ana").await;

    let fields = [("name", " Zoe\u{301} "), ("language", ""), ("theme", ""), ("room", "lobby")];
    let answer = server.post("/api/settings", &fields).cookie(&cookie).send().await;
    assert_eq!((answer.status, answer.header("location")), (303, "/r/lobby"));
    let cookie = cookies(&answer).into_iter().find(|cookie| cookie.starts_with("sala_session=")).unwrap();
    TestSocket::open(server.address, &cookie).await.join("lobby").await;
    assert_eq!(comes(&mut rui, "Zoé").await, id);
}

#[tokio::test]
async fn an_invalid_name_changes_nothing_and_is_shown_again() {
    let server = TestServer::start().await;
    let cookie = server.sign_in("Ana").await;
    let long = "n".repeat(33);
    for (name, reason) in
        [("", "Your name is missing."), (" ", "missing"), (&long, "32 characters"), ("A\u{202E}na", "cannot be shown")]
    {
        let fields = [("name", name), ("language", "es"), ("theme", "dark"), ("room", "a/b")];
        let answer = server.post("/api/settings", &fields).cookie(&cookie).send().await;
        assert_eq!(answer.status, 422, "{name}");
        assert!(
            answer.text().contains(reason) && answer.text().contains(&format!("value=\"{name}\"")),
            "{}",
            answer.text()
        );
        assert!(
            answer.text().contains("value=\"a/b\"") && answer.text().contains("href=\"/r/a%2Fb\""),
            "{}",
            answer.text()
        );
        assert!(answer.text().matches(" selected").count() == 2, "{}", answer.text());
        assert!(answer.text().contains("<html lang=\"en\"") && cookies(&answer).is_empty());
    }
}

#[tokio::test]
async fn an_unchanged_name_or_no_session_sets_no_session_cookie() {
    let server = TestServer::start().await;
    let cookie = server.sign_in("Ana").await;
    let fields = [("name", "Ana"), ("language", "es"), ("theme", "light"), ("room", "..")];
    let answer = server.post("/api/settings", &fields).cookie(&cookie).send().await;
    assert_eq!((answer.status, answer.header("location")), (303, "/r?room=.."));
    assert_eq!(cookies(&answer), ["sala_language=es", "sala_theme=light"]);
    for room in ["", "x\u{7}"] {
        let answer = server.post("/api/settings", &[("name", "Eva"), ("room", room)]).send().await;
        assert_eq!((answer.status, answer.header("location")), (303, "/"));
        assert_eq!(cookies(&answer), ["sala_language=", "sala_theme="]);
    }
}

#[tokio::test]
async fn the_page_language_follows_the_cookie_then_accept_language() {
    let server = TestServer::start().await;
    let session = server.sign_in("Ana").await;
    for (accepted, chosen, tag, lead, write) in [
        ("", "", "en", "A room to talk in.", "Write a message"),
        ("tlh, pt-PT;q=0.8", "", "pt-BR", "Uma sala para conversar.", "Escreva uma mensagem"),
        ("pt-BR", "es", "es", "Una sala para conversar.", "Escribe un mensaje"),
        ("es-MX", "klingon", "es", "Una sala para conversar.", "Escribe un mensaje"),
    ] {
        let cookie = format!("{session}; sala_language={chosen}");
        for (path, words) in [("/", lead), ("/r/lobby", write)] {
            let page = server.get(path).header("accept-language", accepted).cookie(&cookie).send().await;
            assert!(
                page.text().contains(&format!("<html lang=\"{tag}\"")) && page.text().contains(words),
                "{}",
                page.text()
            );
            assert_eq!(page.header("vary").matches("accept-language, cookie").count(), 1);
        }
    }
}

#[tokio::test]
async fn a_theme_is_on_the_page_and_in_its_meta_tags() {
    let server = TestServer::start().await;
    for (theme, attribute, scheme, papers) in [
        ("", None, "light dark", 2),
        ("sala_theme=dark", Some("data-theme=\"dark\""), "dark", 1),
        ("sala_theme=light", Some("data-theme=\"light\""), "light", 1),
        ("sala_theme=\"><script>", None, "light dark", 2),
    ] {
        let page = server.get("/").cookie(theme).send().await.text();
        let html = page.split("<html").nth(1).unwrap().split('>').next().unwrap();
        assert_eq!(html.contains("data-theme"), attribute.is_some(), "{html}");
        assert!(attribute.is_none_or(|attribute| html.contains(attribute)), "{html}");
        assert!(page.contains(&format!("<meta name=\"color-scheme\" content=\"{scheme}\">")), "{page}");
        assert_eq!(page.matches("name=\"theme-color\"").count(), papers, "{theme}");
    }
}

#[tokio::test]
async fn errors_are_in_the_users_language() {
    let server = TestServer::start().await;
    for (path, words) in [
        ("/nothing", "Aquí no hay nada"),
        ("/offline", "Estás sin conexión"),
        ("/r/%00", "El nombre de la sala tiene un carácter que no se puede mostrar"),
    ] {
        let page = server.get(path).header("accept-language", "es").send().await.text();
        assert!(page.contains(words), "{page}");
    }
    let cookie = server.sign_in("Ana").await;
    let fields = [("room", "lobby"), ("id", "1"), ("text", " ")];
    let answer = server.post("/api/send_message", &fields).cookie(&cookie).header("accept-language", "pt").send().await;
    assert!(answer.status == 422 && answer.text().contains("Esta mensagem está vazia."), "{}", answer.text());
    let answer = server.post("/api/sign_in", &[]).header("accept-language", "pt").send().await;
    assert!(answer.status == 422 && answer.text().contains("Falta o seu nome."), "{}", answer.text());
}
