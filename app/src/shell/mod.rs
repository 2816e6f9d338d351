//! The HTML document around a page. It exists on the server only.

mod assets;

use leptos::{hydration::AutoReload, nonce::use_nonce, prelude::*};

use self::assets::Assets;
use crate::{
    STALE,
    page::Page,
    pages::{problem::Problem, room::SharedRoom, sign_in::SignIn},
    text::room_path,
};

const DESCRIPTION: &str =
    "Sala is a quiet place to talk: name yourself, name a room, and whoever names the same one is there.";

/// Starts the service worker once the room is there, and has it keep the room whenever the reader looks away.
const KEEP: &str = "const worker=navigator.serviceWorker;if(worker){worker.register('/sw.js');\
    document.addEventListener('visibilitychange',()=>document.hidden&&worker.controller?.postMessage(location.href))}";

/// The whole document for a page.
pub fn shell(options: LeptosOptions, page: Page) -> impl IntoView {
    let assets = Assets::of(&options);
    let stylesheet = assets.stylesheet.clone();
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta
                    name="viewport"
                    content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content"
                />
                <title>{title(&page)}</title>
                <meta name="description" content=DESCRIPTION />
                <meta name="color-scheme" content="light dark" />
                <meta name="theme-color" content="#f7f2ea" media="(prefers-color-scheme: light)" />
                <meta name="theme-color" content="#1c1816" media="(prefers-color-scheme: dark)" />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="apple-touch-icon" href="/apple-touch-icon.png" />
                <link rel="manifest" href="/manifest.webmanifest" />
                <link id="sala" rel="stylesheet" href=stylesheet />
                {scripts(&page, &assets)}
                <AutoReload options />
            </head>
            {body(page)}
        </html>
    }
}

fn title(page: &Page) -> String {
    match page {
        Page::SignIn(_) => "Sala".into(),
        Page::Room(page) => format!("{} · Sala", page.room),
        Page::Problem(problem) => format!("{} · Sala", problem.title),
    }
}

/// The room starts its module at once; the sign-in page only fetches it, so that the room it leads to starts faster.
fn scripts(page: &Page, assets: &Assets) -> impl IntoView + use<> {
    let (script, wasm, loader) = (assets.script.clone(), assets.wasm.clone(), assets.loader.clone());
    match page {
        Page::Room(_) => view! {
            <link rel="modulepreload" href=script nonce=use_nonce() />
            {loader.map(|loader| view! { <link rel="modulepreload" href=loader nonce=use_nonce() /> })}
            <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous" />
            <script type="module" nonce=use_nonce()>
                {assets.start()}
            </script>
            <script type="module" nonce=use_nonce()>
                {KEEP}
            </script>
        }
        .into_any(),
        Page::SignIn(_) => view! {
            <link rel="prefetch" href=script />
            {loader.map(|loader| view! { <link rel="prefetch" href=loader /> })}
            <link rel="prefetch" href=wasm r#as="fetch" crossorigin="anonymous" />
        }
        .into_any(),
        Page::Problem(_) => ().into_any(),
    }
}

fn body(page: Page) -> impl IntoView {
    match page {
        Page::Room(page) => {
            // Not where the page came from, which may be the address of a form.
            let here = room_path(&page.room);
            view! {
                <body>
                    <SharedRoom page=Some(page) />
                    <noscript>
                        <p class="stale">{refresh(here.clone())}</p>
                    </noscript>
                    // For a script that does not start, or stops.
                    <p id=STALE class="stale" role="alert" hidden>
                        {refresh(here)}
                    </p>
                </body>
            }
            .into_any()
        }
        Page::SignIn(page) => view! {
            <body>
                <SignIn page />
            </body>
        }
        .into_any(),
        Page::Problem(page) => view! {
            <body>
                <Problem page />
            </body>
        }
        .into_any(),
    }
}

fn refresh(here: String) -> impl IntoView {
    view! {
        "New messages show when the page is loaded again. "
        <a href=here>"Refresh"</a>
    }
}
