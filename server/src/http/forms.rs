//! What forms post, with and without JavaScript.

use std::sync::Arc;

use app::page::{Page, SignIn};
use axum::{
    extract::{Form, Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use protocol::{Error, MessageId, RefusalCode, RoomName, User, check_text, limits};
use serde::Deserialize;

use super::{
    AppState, is_tls, origin,
    pages::{render, room_path, show_room},
    session_of,
};
use crate::{clock, names};

/// Stops what another site's page posts, before anything of it is read.
pub(super) async fn refuse_foreign(State(app): State<Arc<AppState>>, request: Request, next: Next) -> Response {
    if origin::is_foreign(request.headers(), &app.config.http.allowed_origins) {
        return (StatusCode::FORBIDDEN, "This form was posted from another site.").into_response();
    }
    next.run(request).await
}

/// `GET` of a form's address, which stands in the address bar of a page that answered to it: to load that anew starts again.
pub(super) async fn start_again() -> Redirect {
    Redirect::to("/")
}

/// The fields of `POST /api/sign_in`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct SignInForm {
    name: String,
    room: String,
}

/// `POST /api/sign_in`: starts a session and goes on to the room.
pub(super) async fn sign_in(
    State(app): State<Arc<AppState>>,
    headers: HeaderMap,
    Form(form): Form<SignInForm>,
) -> Response {
    match form.check() {
        Ok((name, room)) => {
            let known = session_of(&app, &headers);
            let cookie = app.sessions.issue(&name, known.as_ref(), is_tls(&headers), clock::now_ms());
            let path = room.map_or_else(|| "/".to_owned(), |room| room_path(&room));
            ([(header::SET_COOKIE, cookie)], Redirect::to(&path)).into_response()
        }
        Err(problem) => {
            let page = SignIn { name: form.name, room: form.room, problem: Some(problem.to_string()), unsent: None };
            render(&app, StatusCode::UNPROCESSABLE_ENTITY, Page::SignIn(page)).await
        }
    }
}

impl SignInForm {
    fn check(&self) -> Result<(protocol::UserName, Option<RoomName>), Error> {
        let name = names::user(&self.name)?;
        let room = if self.room.trim().is_empty() { None } else { Some(names::room(&self.room)?) };
        Ok((name, room))
    }
}

/// `POST /api/sign_out`: ends the session.
pub(super) async fn sign_out(State(app): State<Arc<AppState>>, headers: HeaderMap) -> Response {
    ([(header::SET_COOKIE, app.sessions.end(is_tls(&headers)))], Redirect::to("/")).into_response()
}

/// The fields of `POST /api/send_message`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct MessageForm {
    room: String,
    text: String,
    id: String,
}

/// `POST /api/send_message`: says something, then goes back to the room.
pub(super) async fn send_message(
    State(app): State<Arc<AppState>>,
    headers: HeaderMap,
    Form(form): Form<MessageForm>,
) -> Response {
    let Some(user) = session_of(&app, &headers) else {
        let problem = Some("You are not signed in any more. Sign in to go on.".into());
        let unsent = Some(form.text).filter(|text| !text.trim().is_empty());
        let page = SignIn { room: form.room, problem, unsent, ..SignIn::default() };
        return render(&app, StatusCode::UNAUTHORIZED, Page::SignIn(page)).await;
    };
    let room = match names::room(&form.room) {
        Ok(room) => room,
        Err(problem) => return (StatusCode::UNPROCESSABLE_ENTITY, problem.to_string()).into_response(),
    };
    match send(&app, &user, &room, &form).await {
        Ok(()) => Redirect::to(&room_path(&room)).into_response(),
        Err(problem) => {
            let rejected = Some((form.text, problem.to_string()));
            show_room(&app, status(problem.code), user, &room, rejected).await
        }
    }
}

async fn send(app: &AppState, user: &User, room: &RoomName, form: &MessageForm) -> Result<(), Error> {
    // A form sends line breaks as CR LF, a socket as they were typed.
    let text = form.text.replace("\r\n", "\n");
    check_text(&text)?;
    let id = id_of(&MessageId::new(&form.id)?, &text)?;
    app.sockets.may_send(&user.id)?;
    let sent = app.hub.send(room, user, &id, &text, clock::now_ms()).await;
    sent.map(drop).map_err(|error| {
        tracing::warn!(%error, "a posted message was not taken");
        Error::unavailable(1_000)
    })
}

/// The id under which a posted text is kept. The form's own would not do: one who goes back to a page that was sent, changes the
/// text and sends it again would be told that it was said. With the text in it, the same one is said once, and another is said.
fn id_of(form: &MessageId, text: &str) -> Result<MessageId, Error> {
    // FNV-1a, the same on every instance. Who makes two texts of one hash only loses one of their own.
    let bytes = form.as_str().bytes().chain([0]).chain(text.bytes());
    let hash =
        bytes.fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let (hash, start) = (format!("-{hash:016x}"), form.as_str());
    // What does not fit beside it is in the hash as well.
    let start = &start[..start.len().min(limits::MESSAGE_ID - hash.len())];
    MessageId::new(&format!("{start}{hash}"))
}

fn status(code: RefusalCode) -> StatusCode {
    match code {
        RefusalCode::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        RefusalCode::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        RefusalCode::Forbidden => StatusCode::FORBIDDEN,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_posted_text_has_an_id_of_its_own() {
        let id = |form: &str, text: &str| id_of(&MessageId::new(form).unwrap(), text).unwrap();
        let longest = "x".repeat(limits::MESSAGE_ID);
        let another = format!("{}y", &longest[1..]);
        assert_eq!(id("a", "hello"), id("a", "hello"));
        assert_eq!(id(&longest, "hello"), id(&longest, "hello"));
        for (one, other) in
            [(("a", "hello"), ("a", "hello!")), (("a", "hello"), ("b", "hello")), (("a", "bc"), ("ab", "c"))]
        {
            assert_ne!(id(one.0, one.1), id(other.0, other.1), "{one:?} {other:?}");
        }
        assert_ne!(id(&longest, "hello"), id(&another, "hello"));
    }
}
