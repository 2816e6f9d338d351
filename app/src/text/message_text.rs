use unicode_segmentation::UnicodeSegmentation;

/// The longest run of emoji that is shown large.
const MAX_LARGE_EMOJI: usize = 3;

/// Replaces what the HTML parser would change: U+0000 and the kinds of line breaks. Otherwise the DOM would differ from
/// the text that the server rendered, and hydration would fail.
pub fn normalize_for_html(text: &str) -> String {
    let mut normalized = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        normalized.push(match c {
            '\0' => char::REPLACEMENT_CHARACTER,
            '\r' => {
                rest.next_if_eq(&'\n');
                '\n'
            }
            c => c,
        });
    }
    normalized
}

/// Whether a text certainly has no markup, so that it is shown as one paragraph without loading the parser. Most
/// messages are plain. False negatives are allowed, false positives are not.
pub fn is_plain(text: &str) -> bool {
    let Some(first) = text.chars().next() else { return true };
    // A list item or a heading.
    let starts_block = matches!(first, ' ' | '+' | '-' | '#') || (first.is_ascii_digit() && text.contains(['.', ')']));
    !starts_block && !text.ends_with(' ') && text.chars().all(is_plain_char)
}

/// Characters that take no part in Markdown, links, mentions or emoji: the letters of most scripts, by Unicode block,
/// and common punctuation.
const fn is_plain_char(c: char) -> bool {
    let is_letter = matches!(c, '\u{C0}'..='\u{1FFF}' | '\u{3000}'..='\u{3029}' | '\u{3040}'..='\u{31FF}' | '\u{3400}'..='\u{D7FF}');
    let is_punctuation = matches!(c, ' ' | '!'..='%' | '\'' | '(' | ')' | '+'..='.' | ':' | ';' | '=' | '?');
    is_letter
        || is_punctuation
        || c.is_ascii_alphanumeric()
        || matches!(c, '¡' | '¿' | '«' | '»' | '‐'..='‧' | '₠'..='₿')
}

/// Whether a text consists of one to [`MAX_LARGE_EMOJI`] emoji, which are shown large.
pub fn is_emoji_only(text: &str) -> bool {
    // Segmenting a long text into graphemes is slow, so it stops at the first one too many.
    let graphemes = text.graphemes(true).filter(|grapheme| !grapheme.trim().is_empty());
    let first: Vec<_> = graphemes.take(MAX_LARGE_EMOJI + 1).collect();
    (1..=MAX_LARGE_EMOJI).contains(&first.len())
        && first.into_iter().all(|grapheme| protocol::check_emoji(grapheme).is_ok())
}

#[cfg(test)]
mod tests {
    use markup::{Element, Node, parse};

    use super::*;

    #[test]
    fn normalizes_what_the_html_parser_would_change() {
        for (text, normalized) in [
            ("plain\n\ntext", "plain\n\ntext"),
            ("\0", "\u{FFFD}"),
            ("a\0b\r\nc", "a\u{FFFD}b\nc"),
            ("\r\r\n\n\r", "\n\n\n\n"),
            ("\u{b}\u{85}\u{2028}", "\u{b}\u{85}\u{2028}"),
        ] {
            assert_eq!(normalize_for_html(text), normalized, "{text:?}");
        }
    }

    #[test]
    fn plain_text_parses_to_one_text_node() {
        let ordinary = [
            "hello",
            "Olá, tudo bem?",
            "10 people",
            "it's (almost) 5 pm: \"now\"!",
            "¿Qué tal?",
            "你好。",
            "R$ 3,50 - 5%",
            "a  b",
        ];
        for text in ordinary {
            assert!(is_plain(text), "{text:?}");
        }
        let all: Vec<char> = (0..0x1_F700).filter_map(char::from_u32).filter(|c| is_plain(&format!("a{c}a"))).collect();
        assert!(all.len() > 10_000);
        let texts = all.iter().flat_map(|c| {
            [format!("{c}"), format!("{c} a"), format!("{c}{c}{c} a"), format!("a {c}b{c} c"), format!("a{c}{c}a {c}")]
        });
        for text in texts.chain(ordinary.map(str::to_owned)).filter(|text| is_plain(text)) {
            let same = vec![Node::Element(Element::Paragraph, vec![Node::Text(text.clone())])];
            assert_eq!(parse(&text), same, "{text:?}");
            assert!(!is_emoji_only(&text), "{text:?}");
        }
    }

    #[test]
    fn text_that_may_have_markup_is_not_plain() {
        for text in [
            "*a*",
            "a_b",
            "`a`",
            "- a",
            "1. a",
            "12) a",
            "# a",
            "> a",
            "https://a.example",
            "@ana",
            "ana@a.example",
            "a\nb",
            "👍",
            "[a](b)",
            " a",
            "a ",
            "&lt;",
            "<b>",
            "~~a~~",
            "a\\*",
        ] {
            assert!(!is_plain(text), "{text:?}");
        }
    }

    #[test]
    fn one_to_three_emoji_are_large() {
        for (text, is_large) in [
            ("👍", true),
            ("👍🏽 ❤️\n👩🏽‍❤️‍💋‍👨🏿", true),
            ("🇧🇷🇵🇹🇪🇸", true),
            ("👍👍👍👍", false),
            ("👍 ok", false),
            ("1️⃣", true),
            ("1", false),
            ("", false),
            (" ", false),
        ] {
            assert_eq!(is_emoji_only(text), is_large, "{text:?}");
        }
    }
}
