//! Form handlers. They work with and without JavaScript.

use std::sync::Arc;

use app::{
    page::{Page, PageError, SettingsPage, SignInPage, SignInProblem},
    preferences::{Language, Theme},
    room_path,
};
use axum::{
    extract::{Form, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use protocol::{Command, Error, MessageId, RefusalCode, RoomName, User, UserName, check_text};
use serde::Deserialize;

use super::{
    AppState, is_tls,
    pages::{Rejected, render, render_error, show_room},
    preferences::set_cookies,
    session_of,
};
use crate::{clock, hub::CommandError, normalize, origin};

/// Rejects forms that another site's page posts, before the body is read.
pub(super) async fn reject_cross_site(State(app): State<Arc<AppState>>, request: Request, next: Next) -> Response {
    if origin::is_foreign(request.headers(), &app.config.http.allowed_origins) {
        return render_error(&app, request.headers(), StatusCode::FORBIDDEN, PageError::ForeignForm, None).await;
    }
    next.run(request).await
}

/// `GET` of a form's address, which the browser shows after a failed post: reloading that page starts again at `/`.
pub(super) async fn redirect_home() -> Redirect {
    Redirect::to("/")
}

/// Fields of `POST /api/sign_in`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct SignInForm {
    name: String,
    room: String,
}

/// `POST /api/sign_in`: starts a session and redirects to the room.
pub(super) async fn sign_in(
    State(app): State<Arc<AppState>>,
    headers: HeaderMap,
    Form(form): Form<SignInForm>,
) -> Response {
    match form.check() {
        Ok((name, room)) => {
            let known = session_of(&app, &headers);
            let cookie = app.sessions.issue(&name, known.as_ref(), is_tls(&headers), clock::now_ms());
            let path = room.map_or_else(|| "/".to_owned(), |room| room_path(room.as_str()));
            ([(header::SET_COOKIE, cookie)], Redirect::to(&path)).into_response()
        }
        Err(problem) => {
            let page = SignInPage { name: form.name, room: form.room, problem: Some(problem), unsent: None };
            render(&app, &headers, StatusCode::UNPROCESSABLE_ENTITY, Page::SignIn(page)).await
        }
    }
}

impl SignInForm {
    fn check(&self) -> Result<(UserName, Option<RoomName>), SignInProblem> {
        let name = normalize::user_name(&self.name).map_err(SignInProblem::Name)?;
        if self.room.trim().is_empty() {
            return Ok((name, None));
        }
        let room = normalize::check_room_name(&self.room).map_err(SignInProblem::Room)?;
        Ok((name, Some(room)))
    }
}

/// `POST /api/sign_out`: ends the session.
pub(super) async fn sign_out(State(app): State<Arc<AppState>>, headers: HeaderMap) -> Response {
    ([(header::SET_COOKIE, app.sessions.end(is_tls(&headers)))], Redirect::to("/")).into_response()
}

/// Fields of `POST /api/settings`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct SettingsForm {
    /// Absent when nobody is signed in.
    name: Option<String>,
    /// A language tag; anything else means the browser's language.
    language: String,
    /// A theme's name; anything else means the system's theme.
    theme: String,
    /// The room to return to.
    room: String,
}

/// `POST /api/settings`: applies all settings or none. A new name keeps the user's id; rooms learn the name when the
/// next page opens its socket.
pub(super) async fn change_settings(
    State(app): State<Arc<AppState>>,
    headers: HeaderMap,
    Form(form): Form<SettingsForm>,
) -> Response {
    let (language, theme) = (Language::from_tag(&form.language), Theme::from_name(&form.theme));
    let mut cookies = Vec::from(set_cookies(language, theme, is_tls(&headers)));
    if let (Some(user), Some(typed)) = (session_of(&app, &headers), &form.name) {
        match normalize::user_name(typed) {
            Ok(name) if name.as_str() == user.name => {}
            Ok(name) => cookies.push(app.sessions.rename(&user, &name, is_tls(&headers), clock::now_ms())),
            Err(problem) => {
                let page = SettingsPage { name: form.name, problem: Some(problem), language, theme, room: form.room };
                return render(&app, &headers, StatusCode::UNPROCESSABLE_ENTITY, Page::Settings(page)).await;
            }
        }
    }
    let path = normalize::check_room_name(&form.room).map_or_else(|_| "/".to_owned(), |room| room_path(room.as_str()));
    let mut response = Redirect::to(&path).into_response();
    for cookie in cookies {
        let cookie = HeaderValue::from_str(&cookie).expect("a cookie of ours is plain text");
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Fields of `POST /api/send_message`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct MessageForm {
    room: String,
    text: String,
    id: String,
}

/// `POST /api/send_message`: sends a message and redirects back to the room.
pub(super) async fn send_message(
    State(app): State<Arc<AppState>>,
    headers: HeaderMap,
    Form(form): Form<MessageForm>,
) -> Response {
    let Some(user) = session_of(&app, &headers) else {
        let problem = Some(SignInProblem::SessionOver);
        let unsent = Some(form.text).filter(|text| !text.trim().is_empty());
        let page = SignInPage { room: form.room, problem, unsent, ..SignInPage::default() };
        return render(&app, &headers, StatusCode::UNAUTHORIZED, Page::SignIn(page)).await;
    };
    let room = match normalize::check_room_name(&form.room) {
        Ok(room) => room,
        Err(problem) => {
            let error = PageError::InvalidRoomName(problem);
            return render_error(&app, &headers, StatusCode::UNPROCESSABLE_ENTITY, error, Some(form.text)).await;
        }
    };
    match send(&app, &user, &room, &form).await {
        Ok(()) => Redirect::to(&room_path(room.as_str())).into_response(),
        Err(why) => {
            // The message may have been stored all the same, so a retry must keep its id.
            let id = why.is_temporary().then_some(form.id);
            let rejected = Some(Rejected { text: form.text, why, id });
            show_room(&app, &headers, status(why), user, &room, rejected).await
        }
    }
}

async fn send(app: &AppState, user: &User, room: &RoomName, form: &MessageForm) -> Result<(), RefusalCode> {
    let id = MessageId::new(&form.id).map_err(code)?;
    // A form sends line breaks as CR LF, a socket sends LF.
    let text = form.text.replace("\r\n", "\n");
    check_text(&text).map_err(code)?;
    app.rate_limits.check_command(&user.id, &text).map_err(code)?;
    let now = clock::now_ms();
    let sending = async {
        let receipt = app.hub.run_command(room, user, &id, Command::send(&text), now).await?;
        // A repeated id yields the first receipt. The text may differ if the form was changed and posted again.
        Ok(receipt.at == now || app.hub.message_has_text(room, receipt.seq, &text).await?)
    };
    match sending.await {
        Ok(true) => Ok(()),
        Ok(false) => Err(RefusalCode::BadId),
        Err(CommandError::Forbidden(error)) => Err(error.code),
        Err(CommandError::Unavailable(error)) => {
            tracing::warn!(%error, "a posted message was not stored");
            Err(RefusalCode::Unavailable)
        }
    }
}

/// The page translates the code into the reader's language.
fn code(error: Error) -> RefusalCode {
    error.code
}

fn status(code: RefusalCode) -> StatusCode {
    match code {
        RefusalCode::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        RefusalCode::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        RefusalCode::Forbidden => StatusCode::FORBIDDEN,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}
