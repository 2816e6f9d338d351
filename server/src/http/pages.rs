//! The pages. The server decides which one is shown and with what; `app` draws it, here and in the browser.

use std::sync::{Arc, Mutex};

use app::page::{Page, Problem, RoomPage, SignIn};
use axum::{
    body::Body,
    extract::{Path, Query, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use leptos::nonce::use_nonce;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use protocol::{RoomName, User};
use rand::distr::{Alphanumeric, SampleString};
use serde::Deserialize;

use super::{AppState, headers::content_security_policy, session_of};
use crate::{backend, names};

/// What may stand in a path segment as it is (RFC 3986, unreserved).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// When to try a page again that could not be shown, in seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");

/// The address of a room.
pub(super) fn room_path(room: &RoomName) -> String {
    // A browser takes a segment of dots for a way up, encoded or not, so these two rooms are asked for by query.
    match room.as_str() {
        dots @ ("." | "..") => format!("/r?room={dots}"),
        name => format!("/r/{}", utf8_percent_encode(name, SEGMENT)),
    }
}

/// `GET /`: the sign-in form.
pub(super) async fn home(State(app): State<Arc<AppState>>, headers: HeaderMap) -> Response {
    let name = session_of(&app, &headers).map(|user| user.name).unwrap_or_default();
    render(&app, StatusCode::OK, Page::SignIn(SignIn { name, ..SignIn::default() })).await
}

/// The query of `GET /r`.
#[derive(Deserialize)]
pub(super) struct Which {
    room: Option<String>,
}

/// `GET /r?room=…`: the way to a room for a form without JavaScript.
pub(super) async fn find(State(app): State<Arc<AppState>>, Query(which): Query<Which>, headers: HeaderMap) -> Response {
    match names::room(&which.room.unwrap_or_default()) {
        Ok(room) if [".", ".."].contains(&room.as_str()) => show(&app, &headers, &room).await,
        Ok(room) => Redirect::to(&room_path(&room)).into_response(),
        Err(error) => no_such_room(&app, &error).await,
    }
}

/// `GET /r/<room>`: the room, or the sign-in form on the way to it.
pub(super) async fn room(State(app): State<Arc<AppState>>, Path(raw): Path<String>, headers: HeaderMap) -> Response {
    match names::room(&raw) {
        Ok(room) if room.as_str() == raw => show(&app, &headers, &room).await,
        Ok(room) => Redirect::permanent(&room_path(&room)).into_response(),
        Err(error) => no_such_room(&app, &error).await,
    }
}

async fn show(app: &Arc<AppState>, headers: &HeaderMap, room: &RoomName) -> Response {
    match session_of(app, headers) {
        Some(user) => show_room(app, StatusCode::OK, user, room, None).await,
        None => {
            let sign_in = SignIn { room: room.to_string(), ..SignIn::default() };
            render(app, StatusCode::OK, Page::SignIn(sign_in)).await
        }
    }
}

/// A message that could not be posted.
pub(super) struct Rejected {
    pub text: String,
    /// For people.
    pub why: String,
    /// Its id, where it is to be kept.
    pub id: Option<String>,
}

/// The room with its latest messages.
pub(super) async fn show_room(
    app: &Arc<AppState>,
    status: StatusCode,
    me: User,
    room: &RoomName,
    rejected: Option<Rejected>,
) -> Response {
    let unsent = rejected.as_ref().map(|rejected| rejected.text.clone());
    if let Err(error) = app.sockets.may_join(&me.id) {
        return too_many_rooms(app, &error, room, unsent).await;
    }
    let (view, mark) = tokio::join!(app.hub.view(room), app.hub.mark(room, &me.id));
    let view = match view {
        Ok(view) => view,
        Err(error) => return unavailable(app, &error, room, unsent).await,
    };
    let kept = rejected.as_ref().and_then(|rejected| rejected.id.clone());
    let message_id = kept.unwrap_or_else(|| Alphanumeric.sample_string(&mut rand::rng(), 22));
    let page = RoomPage {
        me,
        room: room.to_string(),
        read: mark.filter(|mark| mark.epoch == view.epoch).map(|mark| mark.seq),
        epoch: view.epoch,
        events: view.events,
        head: view.head,
        people: view.roster.people,
        count: view.roster.count,
        message_id,
        rejected: rejected.map(|Rejected { text, why, .. }| (text, why)),
    };
    render(app, status, Page::Room(Box::new(page))).await
}

/// `GET /offline`: what the service worker keeps for when the server cannot be reached.
pub(super) async fn offline(State(app): State<Arc<AppState>>) -> Response {
    let problem = Problem {
        title: "You are offline".into(),
        message: "Sala cannot be reached just now. What you wrote is kept in this browser and will be sent.".into(),
        // Whatever address it is shown at.
        link: String::new(),
        link_text: "Try again".into(),
        unsent: None,
    };
    render(&app, StatusCode::OK, Page::Problem(problem)).await
}

/// Everything that is no page.
pub(super) async fn not_found(State(app): State<Arc<AppState>>) -> Response {
    let problem = Problem {
        title: "There is nothing here".into(),
        message: "The address may be mistyped.".into(),
        link: "/".into(),
        link_text: "Go to the front page".into(),
        unsent: None,
    };
    render(&app, StatusCode::NOT_FOUND, Page::Problem(problem)).await
}

async fn no_such_room(app: &Arc<AppState>, error: &protocol::Error) -> Response {
    let problem = Problem {
        title: "There cannot be such a room".into(),
        message: error.to_string(),
        link: "/".into(),
        link_text: "Choose another room".into(),
        unsent: None,
    };
    render(app, StatusCode::NOT_FOUND, Page::Problem(problem)).await
}

async fn too_many_rooms(
    app: &Arc<AppState>,
    error: &protocol::Error,
    room: &RoomName,
    unsent: Option<String>,
) -> Response {
    let problem = Problem {
        title: "That is a lot of rooms".into(),
        message: format!("{error} Many rooms were opened in a short time; try this one again in a moment."),
        link: room_path(room),
        link_text: "Try again".into(),
        unsent,
    };
    let mut response = render(app, StatusCode::TOO_MANY_REQUESTS, Page::Problem(problem)).await;
    response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
    response
}

async fn unavailable(app: &Arc<AppState>, error: &backend::Error, room: &RoomName, unsent: Option<String>) -> Response {
    tracing::warn!(%error, "a room could not be shown");
    let problem = Problem {
        title: "The room cannot be reached just now".into(),
        message: "Its history does not answer. Nothing is lost; try again in a moment.".into(),
        link: room_path(room),
        link_text: "Try again".into(),
        unsent,
    };
    let mut response = render(app, StatusCode::SERVICE_UNAVAILABLE, Page::Problem(problem)).await;
    response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
    response
}

/// Draws a page.
pub(super) async fn render(app: &Arc<AppState>, status: StatusCode, page: Page) -> Response {
    let nonce = Arc::new(Mutex::new(String::new()));
    let shell = {
        let (options, nonce) = (app.leptos.clone(), Arc::clone(&nonce));
        move || {
            let used = use_nonce().map(|nonce| nonce.to_string()).unwrap_or_default();
            *nonce.lock().expect("no one panics while holding the nonce") = used;
            app::shell(options.clone(), page.clone())
        }
    };
    // The page does not depend on the address, so there is no router that would want to know it.
    let mut response = leptos_axum::render_app_async(shell)(Request::new(Body::empty())).await;
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    let reload_port = std::env::var_os("LEPTOS_WATCH").map(|_| app.leptos.reload_port);
    content_security_policy(headers, &nonce.lock().expect("no one panics while holding the nonce"), reload_port);
    response
}
