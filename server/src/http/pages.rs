//! Page handlers. They choose the page and its data; `app` renders it.

use std::sync::{Arc, Mutex};

use app::{
    message_path,
    page::{ErrorPage, Page, PageError, RoomPage, SignInPage, Words},
    room_path,
};
use axum::{
    body::Body,
    extract::{
        Path, Query, RawQuery, Request, State,
        rejection::{PathRejection, QueryRejection},
    },
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use leptos::nonce::use_nonce;
use protocol::{NameProblem, RefusalCode, RoomName, User};
use serde::Deserialize;

use super::{AppState, headers::content_security_policy, preferences::preferences, renewed_session, session_of};
use crate::{normalize, random, supervisor::lock};

/// `Retry-After` of a page that could not be shown, in seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");

/// The path of a room, at the message that the query names.
fn room_path_at(room: &RoomName, query: Option<&str>) -> String {
    let seq = query.unwrap_or_default().split('&').find_map(|part| part.strip_prefix("at=")?.parse().ok());
    seq.map_or_else(|| room_path(room.as_str()), |seq| message_path(room.as_str(), seq))
}

/// `GET /`: the sign-in form.
pub(super) async fn home(State(app): State<Arc<AppState>>, headers: HeaderMap) -> Response {
    let name = session_of(&app, &headers).map(|user| user.name).unwrap_or_default();
    let page = Page::SignIn(SignInPage { name, ..SignInPage::default() });
    render(&app, &headers, StatusCode::OK, page).await
}

/// Query of `GET /r`.
#[derive(Deserialize)]
pub(super) struct FindQuery {
    room: Option<String>,
}

/// `GET /r?room=…`: redirects to a room, for a form without JavaScript.
pub(super) async fn find(
    State(app): State<Arc<AppState>>,
    query: Result<Query<FindQuery>, QueryRejection>,
    RawQuery(raw_query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let Ok(Query(find)) = query else { return not_found(State(app), headers).await };
    match normalize::check_room_name(&find.room.unwrap_or_default()) {
        Ok(room) if [".", ".."].contains(&room.as_str()) => show(&app, &headers, &room).await,
        Ok(room) => Redirect::to(&room_path_at(&room, raw_query.as_deref())).into_response(),
        Err(problem) => no_such_room(&app, problem, &headers).await,
    }
}

/// `GET /r/<room>`: the room, or the sign-in form.
pub(super) async fn room(
    State(app): State<Arc<AppState>>,
    raw: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let Ok(Path(raw)) = raw else { return not_found(State(app), headers).await };
    match normalize::check_room_name(&raw) {
        Ok(room) if room.as_str() == raw => show(&app, &headers, &room).await,
        Ok(room) => Redirect::permanent(&room_path_at(&room, query.as_deref())).into_response(),
        Err(problem) => no_such_room(&app, problem, &headers).await,
    }
}

async fn show(app: &Arc<AppState>, headers: &HeaderMap, room: &RoomName) -> Response {
    match session_of(app, headers) {
        Some(user) => {
            let page = show_room(app, headers, StatusCode::OK, user, room, None).await;
            let cookie = renewed_session(app, headers).map(|cookie| AppendHeaders([(header::SET_COOKIE, cookie)]));
            (cookie, page).into_response()
        }
        None => {
            let sign_in = SignInPage { room: room.to_string(), ..SignInPage::default() };
            let mut form = render(app, headers, StatusCode::OK, Page::SignIn(sign_in)).await;
            // The service worker must not cache the form as the room.
            form.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            form
        }
    }
}

/// A message that was not sent.
pub(super) struct Rejected {
    pub text: String,
    pub why: RefusalCode,
    /// The message's id, if a retry has to keep it.
    pub id: Option<String>,
}

/// Renders a room with its latest messages.
pub(super) async fn show_room(
    app: &Arc<AppState>,
    headers: &HeaderMap,
    status: StatusCode,
    me: User,
    room: &RoomName,
    rejected: Option<Rejected>,
) -> Response {
    let unsent = rejected.as_ref().map(|rejected| rejected.text.clone());
    let show_error = async |status, error| {
        let page = ErrorPage { error, link: room_path(room.as_str()), unsent };
        let response = render(app, headers, status, Page::Error(page)).await;
        ([(header::RETRY_AFTER, RETRY_AFTER)], response).into_response()
    };
    if app.rate_limits.check_join(&me.id).is_err() {
        return show_error(StatusCode::TOO_MANY_REQUESTS, PageError::TooManyRooms).await;
    }
    let (view, mark) = tokio::join!(app.hub.snapshot(room), app.hub.read_marker(room, &me.id));
    let view = match view {
        Ok(view) => view,
        Err(error) => {
            tracing::warn!(%error, "a room could not be shown");
            return show_error(StatusCode::SERVICE_UNAVAILABLE, PageError::HistoryUnavailable).await;
        }
    };
    let kept = rejected.as_ref().and_then(|rejected| rejected.id.clone());
    let message_id = kept.unwrap_or_else(|| random::token(22));
    let words = Words::of(preferences(headers).language);
    let page = RoomPage {
        me,
        room: room.to_string(),
        read: mark.filter(|mark| mark.is_valid_for(&view.epoch, &view.head)).map(|mark| mark.seq),
        epoch: view.epoch,
        events: view.events,
        head: view.head,
        people: view.roster.people,
        count: view.roster.count,
        message_id,
        rejected: rejected.map(|Rejected { text, why, .. }| (text, words.refusal(why))),
        words,
    };
    render(app, headers, status, Page::Room(Box::new(page))).await
}

/// `GET /offline`: the page that the service worker shows when the server cannot be reached.
pub(super) async fn offline(State(app): State<Arc<AppState>>, headers: HeaderMap) -> Response {
    // Its link leads to whatever address it is shown at.
    let page = ErrorPage { error: PageError::Offline, link: String::new(), unsent: None };
    render(&app, &headers, StatusCode::OK, Page::Error(page)).await
}

/// Fallback: 404.
pub(super) async fn not_found(State(app): State<Arc<AppState>>, headers: HeaderMap) -> Response {
    render_error(&app, &headers, StatusCode::NOT_FOUND, PageError::NotFound, None).await
}

async fn no_such_room(app: &Arc<AppState>, problem: NameProblem, headers: &HeaderMap) -> Response {
    render_error(app, headers, StatusCode::NOT_FOUND, PageError::InvalidRoomName(problem), None).await
}

/// Renders a problem with a link to the start, and keeps a text that was not sent.
pub(super) async fn render_error(
    app: &Arc<AppState>,
    headers: &HeaderMap,
    status: StatusCode,
    error: PageError,
    unsent: Option<String>,
) -> Response {
    render(app, headers, status, Page::Error(ErrorPage { error, link: "/".into(), unsent })).await
}

/// Renders a page in the language and theme of a request.
pub(super) async fn render(app: &Arc<AppState>, request: &HeaderMap, status: StatusCode, page: Page) -> Response {
    let preferences = preferences(request);
    let nonce = Arc::new(Mutex::new(String::new()));
    // Leptos takes a function that it may call again, and calls it once.
    let page = Arc::new(Mutex::new(Some(page)));
    let shell = {
        let (options, nonce) = (app.leptos.clone(), Arc::clone(&nonce));
        move || {
            let used = use_nonce().map(|nonce| nonce.to_string()).unwrap_or_default();
            *lock(&nonce) = used;
            let page = lock(&page).take().expect("a page is rendered once");
            app::shell(options.clone(), page, preferences)
        }
    };
    // The page does not depend on the URL, and the app has no router.
    let mut response = leptos_axum::render_app_async(shell)(Request::new(Body::empty())).await;
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    // Loaded before the page is parsed, because nothing is painted without the stylesheet.
    let style = format!("<{}>; rel=preload; as=style", app::stylesheet(&app.leptos));
    headers.insert(header::LINK, HeaderValue::try_from(style).expect("the names of built files are plain ASCII"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-language, cookie"));
    let reload_port = app::is_watched().then_some(app.leptos.reload_port);
    content_security_policy(headers, &lock(&nonce), reload_port);
    response
}
