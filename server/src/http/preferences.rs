//! Language and theme from cookies, or the language from `Accept-Language`.

use app::preferences::{Language, Preferences, Theme};
use axum::http::{HeaderMap, header};
use cookie::{Cookie, SameSite, time::Duration};

const LANGUAGE: &str = "sala_language";
const THEME: &str = "sala_theme";

/// Lifetime of the cookies.
const LIFETIME: Duration = Duration::days(365);

/// The preferences of a request. Unknown values count as not set.
pub(super) fn preferences(headers: &HeaderMap) -> Preferences {
    let chosen = cookie(headers, LANGUAGE).and_then(|tag| Language::from_tag(&tag));
    let theme = cookie(headers, THEME).map(|name| Theme::from_name(&name)).unwrap_or_default();
    Preferences { chosen, language: chosen.unwrap_or_else(|| accepted_language(headers)), theme }
}

/// `Set-Cookie` headers that store a choice or remove an earlier one.
pub(super) fn set_cookies(language: Option<Language>, theme: Theme, is_tls: bool) -> [String; 2] {
    [(LANGUAGE, language.map(Language::tag)), (THEME, theme.name())].map(|(name, value)| {
        Cookie::build((name, value.unwrap_or_default()))
            .path("/")
            .same_site(SameSite::Lax)
            .secure(is_tls)
            .max_age(value.map_or(Duration::ZERO, |_| LIFETIME))
            .to_string()
    })
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|cookies| cookies.to_str().ok());
    let mut cookies = cookies.flat_map(Cookie::split_parse).flatten();
    cookies.find(|cookie| cookie.name() == name).map(|cookie| cookie.value().to_owned())
}

/// The supported language with the greatest weight in `Accept-Language`.
fn accepted_language(headers: &HeaderMap) -> Language {
    let ranges = headers.get_all(header::ACCEPT_LANGUAGE).iter().filter_map(|ranges| ranges.to_str().ok());
    let mut best = (0.0, Language::En);
    for (weight, tag) in ranges.flat_map(|ranges| ranges.split(',')).map(parse_range) {
        if weight > best.0
            && let Some(language) = Language::closest_to(tag)
        {
            best = (weight, language);
        }
    }
    best.1
}

/// Parses one range, such as `pt;q=0.8` (RFC 9110). An invalid weight counts as 0.
fn parse_range(range: &str) -> (f32, &str) {
    let (tag, parameter) = range.split_once(';').unwrap_or((range, "q=1"));
    let weight = parameter.trim().strip_prefix("q=").and_then(|weight| weight.parse().ok()).unwrap_or(0.0);
    (weight, tag.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn picks_the_supported_language_with_the_greatest_weight() {
        for (accepted, language) in [
            ("", Language::En),
            ("pt-BR", Language::PtBr),
            ("pt", Language::PtBr),
            ("PT-pt, en;q=0.5", Language::PtBr),
            ("es-419,es;q=0.9,en;q=0.8", Language::Es),
            ("tlh-KX, tlh;q=0.9, es;q=0.3, pt;q=0.5", Language::PtBr),
            ("en;q=0.1, es;q=0", Language::En),
            ("es;q=nothing, pt;q=0.2", Language::PtBr),
            ("en-GB, pt-BR", Language::En),
            ("tlh, *", Language::En),
            ("ptx, espa, ;;;,,", Language::En),
        ] {
            assert_eq!(preferences(&headers(header::ACCEPT_LANGUAGE, accepted)).language, language, "{accepted}");
        }
    }

    #[test]
    fn cookies_come_before_headers_and_unknown_values_count_as_unset() {
        for (cookies, chosen, theme) in [
            ("sala_language=es; sala_theme=dark", Some(Language::Es), Theme::Dark),
            ("a=b; sala_theme=light", None, Theme::Light),
            ("sala_language=klingon; sala_theme=%3Cb%3E", None, Theme::System),
            ("sala_language; sala_theme=", None, Theme::System),
        ] {
            let mut headers = headers(header::COOKIE, cookies);
            headers.insert(header::ACCEPT_LANGUAGE, "pt".parse().unwrap());
            let known = preferences(&headers);
            assert_eq!((known.chosen, known.theme), (chosen, theme), "{cookies}");
            assert_eq!(known.language, chosen.unwrap_or(Language::PtBr));
        }
    }

    #[test]
    fn a_choice_lasts_a_year_and_is_removed_at_once() {
        let [language, theme] = set_cookies(Some(Language::PtBr), Theme::System, true);
        for part in ["sala_language=pt-BR;", "SameSite=Lax", "Path=/", "Max-Age=31536000", "Secure"] {
            assert!(language.contains(part), "{language}");
        }
        assert!(theme.starts_with("sala_theme=;") && theme.contains("Max-Age=0"), "{theme}");
        assert!(!set_cookies(None, Theme::Dark, false)[1].contains("Secure"));
    }
}
