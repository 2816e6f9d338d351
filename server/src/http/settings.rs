//! The settings form: name, language and theme.

use std::sync::Arc;

use app::{
    page::{Page, SettingsPage},
    preferences::{Language, Theme},
};
use axum::{
    extract::{Form, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use super::{
    AppState, is_tls,
    pages::render,
    preferences::{preferences, set_cookies},
    session_of,
};
use crate::{clock, normalize};

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
pub(super) async fn change(
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
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                return render(&app, status, Page::Settings(page), preferences(&headers)).await;
            }
        }
    }
    let path =
        normalize::check_room_name(&form.room).map_or_else(|_| "/".to_owned(), |room| app::room_path(room.as_str()));
    let mut response = Redirect::to(&path).into_response();
    for cookie in cookies {
        let cookie = HeaderValue::from_str(&cookie).expect("a cookie of ours is plain text");
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
