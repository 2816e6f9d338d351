/// Whether a text is surely drawn as it stands, as one paragraph without a mark in it. Most of what people write is, and so
/// needs nothing of the parser. What may be marked is not, even if it turns out not to be.
pub fn is_plain(text: &str) -> bool {
    let Some(first) = text.chars().next() else { return true };
    // A point of a list, or a headline.
    let begins = matches!(first, ' ' | '+' | '-' | '#') || (first.is_ascii_digit() && text.contains(['.', ')']));
    !begins && !text.ends_with(' ') && text.chars().all(is_harmless)
}

/// Nothing that Markdown, links, mentions or emoji are made of: the letters of most scripts, by blocks, and what stands
/// between them.
const fn is_harmless(c: char) -> bool {
    let is_letter = matches!(c, '\u{C0}'..='\u{1FFF}' | '\u{3000}'..='\u{3029}' | '\u{3040}'..='\u{31FF}' | '\u{3400}'..='\u{D7FF}');
    let is_between = matches!(c, ' ' | '!'..='%' | '\'' | '(' | ')' | '+'..='.' | ':' | ';' | '=' | '?');
    is_letter || is_between || c.is_ascii_alphanumeric() || matches!(c, '¡' | '¿' | '«' | '»' | '‐'..='‧' | '₠'..='₿')
}

#[cfg(test)]
mod tests {
    use markup::{Element, Node, parse};

    use super::*;
    use crate::text::is_big;

    #[test]
    fn what_is_plain_has_no_marks() {
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
            assert!(!is_big(&text), "{text:?}");
        }
    }

    #[test]
    fn what_may_be_marked_is_not_plain() {
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
}
