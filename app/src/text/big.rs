use unicode_segmentation::UnicodeSegmentation;

/// More emoji than these in a message are drawn like other text.
const MOST: usize = 3;

/// Whether a text is a few emoji and nothing else: it is drawn large.
pub fn is_big(text: &str) -> bool {
    // So long is no such text, and to look for the borders of all characters takes a while.
    let few: Vec<_> = text.graphemes(true).filter(|character| !character.trim().is_empty()).take(MOST + 1).collect();
    (1..=MOST).contains(&few.len()) && few.into_iter().all(|character| protocol::check_emoji(character).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_emoji_are_big() {
        for (text, big) in [
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
            assert_eq!(is_big(text), big, "{text:?}");
        }
    }
}
