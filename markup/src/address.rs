/// Whether a link to this address is allowed: HTTP, HTTPS or `mailto`. Other addresses, above all scripts and files,
/// are unsafe in a message of another person.
#[must_use]
pub fn is_safe(address: &str) -> bool {
    let Some((scheme, rest)) = address.split_once(':') else { return false };
    let is_web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    let is_whole = if is_web { rest.strip_prefix("//").is_some_and(has_host) } else { rest.contains('@') };
    (is_web || scheme.eq_ignore_ascii_case("mailto")) && is_whole && address.chars().all(is_plain)
}

fn has_host(rest: &str) -> bool {
    rest.chars().next().is_some_and(|c| !matches!(c, '/' | '?' | '#' | '\\'))
}

/// Excludes characters that browsers drop, or that change the direction of an address.
fn is_plain(c: char) -> bool {
    let turns = matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    !(c.is_control() || c.is_whitespace() || turns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_pages_and_mailboxes_only() {
        for (address, safe) in [
            ("https://example.org", true),
            ("HTTP://example.org/a?b=c#d", true),
            ("https://пример.рф/å", true),
            ("mailto:ana@example.org", true),
            ("javascript:alert(1)", false),
            ("JavaScript://example.org/%0aalert(1)", false),
            ("java\nscript:alert(1)", false),
            ("data:text/html,<script>", false),
            ("vbscript:x", false),
            ("file:///etc/passwd", false),
            ("//example.org", false),
            ("/r/lobby", false),
            ("example.org", false),
            ("https:example.org", false),
            ("https:///", false),
            ("https://", false),
            ("mailto:", false),
            ("https://example.org/\u{202E}gpj.exe", false),
            ("https://exam ple.org", false),
            (" https://example.org", false),
            ("", false),
        ] {
            assert_eq!(is_safe(address), safe, "{address:?}");
        }
    }
}
