//! The HTML document around a page, rendered on the server only.

mod assets;

use leptos::{hydration::AutoReload, nonce::use_nonce, prelude::*, tachys::html::InertElement};

use self::assets::Assets;
pub use self::assets::is_watched;
use crate::{
    STALE_NOTICE_ID,
    page::{self, Page},
    pages::{
        error::{self, ErrorPage},
        room::HydratedRoom,
        settings::{Settings, SettingsSheet},
        sign_in::SignIn,
    },
    preferences::{Language, Preferences, Theme},
    text::{room_path, words::pages},
};

/// Registers the service worker, and has it cache the room whenever the page is hidden.
const SERVICE_WORKER_SCRIPT: &str = "const worker=navigator.serviceWorker;if(worker){worker.register('/sw.js');\
    document.addEventListener('visibilitychange',()=>document.hidden&&worker.controller?.postMessage(location.href))}";

/// The path of the style sheet of all pages.
pub fn stylesheet(options: &LeptosOptions) -> String {
    Assets::of(options).stylesheet.clone()
}

/// Renders the document of a page.
pub fn shell(options: LeptosOptions, page: Page, preferences: Preferences) -> impl IntoView {
    let assets = Assets::of(&options);
    let stylesheet = assets.stylesheet.clone();
    let Preferences { language, theme, .. } = preferences;
    view! {
        <!DOCTYPE html>
        <html lang=language.tag() data-theme=theme.name()>
            <head>
                <meta charset="utf-8" />
                <meta
                    name="viewport"
                    content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content"
                />
                <title>{title(&page, language)}</title>
                <meta name="description" content=pages::description(language) />
                {color_tags(theme)}
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="apple-touch-icon" href="/apple-touch-icon.png" />
                <link rel="manifest" href="/manifest.webmanifest" />
                <link id="sala" rel="stylesheet" href=stylesheet />
                {script_tags(&page, &assets)}
                <AutoReload options />
            </head>
            {body(page, preferences)}
        </html>
    }
}

/// Colours that the browser uses before the style sheet is loaded and around the page: `--paper` in
/// `style/_tokens.scss`.
fn color_tags(theme: Theme) -> impl IntoView {
    // Leptos' `meta` component has no `media` attribute.
    let papers = match theme {
        Theme::System => {
            "<meta name=\"theme-color\" content=\"#f7f2ea\" media=\"(prefers-color-scheme: light)\">\
            <meta name=\"theme-color\" content=\"#1c1816\" media=\"(prefers-color-scheme: dark)\">"
        }
        Theme::Light => "<meta name=\"theme-color\" content=\"#f7f2ea\">",
        Theme::Dark => "<meta name=\"theme-color\" content=\"#1c1816\">",
    };
    view! {
        <meta name="color-scheme" content=theme.name().unwrap_or("light dark") />
        {InertElement::new(papers)}
    }
}

fn title(page: &Page, language: Language) -> String {
    match page {
        Page::SignIn(_) => "Sala".into(),
        Page::Room(page) => format!("{} · Sala", page.room),
        Page::Settings(_) => format!("{} · Sala", pages::settings(language)),
        Page::Error(page) => format!("{} · Sala", error::title(page.error, language)),
    }
}

/// The room page starts the module at once. The sign-in page prefetches it, so that the room starts faster.
fn script_tags(page: &Page, assets: &Assets) -> impl IntoView + use<> {
    let (script, wasm, loader) = (assets.script.clone(), assets.wasm.clone(), assets.loader.clone());
    match page {
        Page::Room(_) => view! {
            <link rel="modulepreload" href=script nonce=use_nonce() />
            {loader.map(|loader| view! { <link rel="modulepreload" href=loader nonce=use_nonce() /> })}
            <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous" />
            <script type="module" nonce=use_nonce()>
                {assets.start_script()}
            </script>
            <script type="module" nonce=use_nonce()>
                {SERVICE_WORKER_SCRIPT}
            </script>
        }
        .into_any(),
        Page::SignIn(_) => view! {
            <link rel="prefetch" href=script />
            {loader.map(|loader| view! { <link rel="prefetch" href=loader /> })}
            <link rel="prefetch" href=wasm r#as="fetch" crossorigin="anonymous" />
        }
        .into_any(),
        Page::Settings(_) | Page::Error(_) => ().into_any(),
    }
}

fn body(page: Page, preferences: Preferences) -> impl IntoView {
    let Preferences { chosen, language, theme } = preferences;
    match page {
        Page::Room(page) => {
            // The request's address may be that of a form.
            let here = room_path(&page.room);
            let name = Some(page.me.name.clone());
            let settings = page::SettingsPage { name, problem: None, language: chosen, theme, room: String::new() };
            view! {
                <body>
                    <HydratedRoom page=Some(page) />
                    <noscript>
                        <p class="stale">{refresh_hint(here.clone(), language)}</p>
                    </noscript>
                    // Shown if the script does not start or panics.
                    <p id=STALE_NOTICE_ID class="stale" role="alert" hidden>
                        {refresh_hint(here, language)}
                    </p>
                    <SettingsSheet page=settings room=None language />
                </body>
            }
            .into_any()
        }
        Page::SignIn(page) => view! {
            <body>
                <SignIn page preferences />
            </body>
        }
        .into_any(),
        Page::Settings(page) => view! {
            <body>
                <Settings page language />
            </body>
        }
        .into_any(),
        Page::Error(page) => view! {
            <body>
                <ErrorPage page language />
            </body>
        }
        .into_any(),
    }
}

fn refresh_hint(here: String, language: Language) -> impl IntoView {
    view! {
        {pages::refresh_hint(language)}
        " "
        <a href=here>{pages::refresh(language)}</a>
    }
}
