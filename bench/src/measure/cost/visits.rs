//! Visits: the first one, with all files that the page names, and later ones, for which the browser has kept them.

use anyhow::ensure;

use crate::{
    http::Connection, measure::page, options::Effort, report::Figure, server::Server, socket::sign_in, spent::Spent,
    statistics::median,
};

/// In each interval.
const VISITS: usize = 200;

const AS_BROWSERS_ASK: &str = "Accept-Encoding: gzip, deflate, br\r\n";

pub async fn measure(servers: &[Server], effort: Effort) -> anyhow::Result<Vec<Figure>> {
    let server = &servers[0];
    let cookie = sign_in(&mut Connection::open(server.address).await?, "Ana").await?;
    page::talk(server, &cookie).await?;
    let files = files_in(&page_of(&mut Connection::open(server.address).await?, &cookie, "").await?)?;

    let (mut first, mut later) = (Vec::new(), Vec::new());
    // One to warm up.
    for _ in 0..=effort.intervals {
        let start = Spent::until_now(servers).await?;
        for number in 0..VISITS {
            let mut http = Connection::open(server.address).await?;
            let cookie = sign_in(&mut http, &format!("guest-{number}")).await?;
            page_of(&mut http, &cookie, AS_BROWSERS_ASK).await?;
            for file in &files {
                let answer = http.get(file, AS_BROWSERS_ASK).await?;
                ensure!(answer.status == 200, "{file} is answered with {}", answer.status);
            }
        }
        let middle = Spent::until_now(servers).await?;
        for _ in 0..VISITS {
            page_of(&mut Connection::open(server.address).await?, &cookie, AS_BROWSERS_ASK).await?;
        }
        first.push(middle - start);
        later.push(Spent::until_now(servers).await? - middle);
    }
    let requests = files.len() as f64 + 2.0;
    Ok([
        figures("First visit", "FIRST_VISIT", requests, &first[1..]),
        figures("Later visit", "VISIT", 1.0, &later[1..]),
    ]
    .concat())
}

fn figures(name: &str, key: &str, requests: f64, visits: &[Spent]) -> Vec<Figure> {
    let each = |of: fn(&Spent) -> f64| median(visits.iter().map(of)) / VISITS as f64;
    vec![
        Figure::new(format!("{name}: bytes"), "B", each(|spent| spent.bytes as f64)).kept_as(format!("{key}_BYTES")),
        Figure::new(format!("{name}: CPU"), "µs", each(|spent| spent.server.as_secs_f64() * 1e6))
            .kept_as(format!("{key}_CPU_US")),
        Figure::new(format!("{name}: requests"), "", requests).kept_as(format!("{key}_REQUESTS")),
    ]
}

async fn page_of(http: &mut Connection, cookie: &str, headers: &str) -> anyhow::Result<String> {
    let answer = http.get(&format!("/r/{}", page::ROOM), &format!("Cookie: {cookie}\r\n{headers}")).await?;
    ensure!(answer.status == 200, "the room's page is answered with {}", answer.status);
    Ok(String::from_utf8_lossy(&answer.body).into_owned())
}

/// The files that the page names and a browser asks for, each once.
fn files_in(html: &str) -> anyhow::Result<Vec<String>> {
    const KINDS: [&str; 4] = [".css", ".js", ".wasm", "/favicon.svg"];
    let mut files: Vec<_> = html.split(['"', '\'']).filter(|part| part.starts_with('/')).map(str::to_owned).collect();
    files.retain(|file| KINDS.iter().any(|kind| file.ends_with(kind)));
    files.sort();
    files.dedup();
    for kind in KINDS {
        ensure!(files.iter().any(|file| file.ends_with(kind)), "the page names no file that ends in {kind}");
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_names_its_files() {
        let page = r#"<link href="/pkg/a.css"><link href="/favicon.svg"><a href="/r/b.js room">
                      <script>import('/pkg/a.js'); load("/pkg/a.js", "/pkg/a.wasm")</script>"#;
        assert_eq!(files_in(page).unwrap(), ["/favicon.svg", "/pkg/a.css", "/pkg/a.js", "/pkg/a.wasm"]);
        assert!(files_in("<link href=\"/pkg/a.css\">").is_err());
    }
}
