//! Checks `Origin`, so that other sites cannot act for a signed-in user (CSRF, cross-site WebSocket hijacking).

use axum::http::{HeaderMap, Uri, header, uri::Authority};

/// Whether `Origin` is present and names the request's own host or a listed one.
#[must_use]
pub fn is_allowed(headers: &HeaderMap, listed: &[Authority]) -> bool {
    let Some(origin) = authority(headers) else { return false };
    let own = headers.get(header::HOST).and_then(|host| host.to_str().ok()?.parse::<Authority>().ok());
    own.as_ref() == Some(&origin) || listed.contains(&origin)
}

/// Whether another site's page may have posted a form. Programs send no `Origin`, and they have no other user's cookie.
#[must_use]
pub fn is_foreign(headers: &HeaderMap, listed: &[Authority]) -> bool {
    headers.contains_key(header::ORIGIN) && !is_allowed(headers, listed)
}

fn authority(headers: &HeaderMap) -> Option<Authority> {
    let origin: Uri = headers.get(header::ORIGIN)?.to_str().ok()?.parse().ok()?;
    matches!(origin.scheme_str(), Some("http" | "https")).then(|| origin.authority().cloned()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(origin: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "chat.example.org:8080".parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        headers
    }

    #[test]
    fn allows_the_own_host_and_listed_ones_only() {
        let listed = ["other.example.org".parse().unwrap()];
        for (origin, allowed) in [
            ("http://chat.example.org:8080", true),
            ("https://CHAT.example.org:8080", true),
            ("https://other.example.org", true),
            ("https://chat.example.org", false),
            ("https://chat.example.org.evil.com:8080", false),
            ("https://evil.com/chat.example.org:8080", false),
            ("file://chat.example.org:8080", false),
            ("null", false),
            ("", false),
            ("chat.example.org:8080", false),
        ] {
            assert_eq!(is_allowed(&headers(Some(origin)), &listed), allowed, "{origin}");
            assert_eq!(is_foreign(&headers(Some(origin)), &listed), !allowed, "{origin}");
        }
        assert!(!is_allowed(&headers(None), &listed));
        assert!(!is_foreign(&headers(None), &listed));
    }
}
