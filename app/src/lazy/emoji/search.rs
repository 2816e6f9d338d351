use emojis::{Emoji, SkinTone};

/// The maximum number of results of [`by_shortcode`].
const MAX_RESULTS: usize = 8;

/// The emoji whose name or shortcodes contain each word of the query. An empty query matches all.
pub fn find(query: &str) -> impl Iterator<Item = &'static Emoji> {
    let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
    emojis::iter().filter(move |emoji| {
        let has = |word: &String| {
            emoji.name().to_lowercase().contains(word.as_str())
                || emoji.shortcodes().any(|code| code.contains(word.as_str()))
        };
        words.iter().all(has)
    })
}

/// The emoji with a shortcode that starts with `word`, the shortest shortcodes first.
pub fn by_shortcode(word: &str) -> Vec<(String, String)> {
    let word = word.to_lowercase();
    let mut found: Vec<_> = emojis::iter()
        .filter_map(|emoji| Some((emoji.as_str(), emoji.shortcodes().find(|code| code.starts_with(&word))?)))
        .collect();
    found.sort_by_key(|(_, code)| code.len());
    found.into_iter().take(MAX_RESULTS).map(|(emoji, code)| (emoji.to_owned(), code.to_owned())).collect()
}

/// The emoji in a skin tone, if it has variants.
pub fn with_skin_tone(emoji: &'static Emoji, tone: SkinTone) -> &'static str {
    emoji.with_skin_tone(tone).unwrap_or(emoji).as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_emoji_by_words_and_shortcodes() {
        assert!(find("party pop").any(|emoji| emoji.as_str() == "🎉"));
        assert!(find("TADA").any(|emoji| emoji.as_str() == "🎉"));
        assert!(find("").count() > 1_500);
        assert_eq!(find("no such emoji").count(), 0);
        assert_eq!(by_shortcode("tada").first(), Some(&("🎉".to_owned(), "tada".to_owned())));
        assert!(by_shortcode("s").len() <= MAX_RESULTS);
    }

    #[test]
    fn every_emoji_of_the_picker_is_a_valid_reaction() {
        for emoji in emojis::iter() {
            let tones = emoji.skin_tones().into_iter().flatten().map(Emoji::as_str);
            for emoji in tones.chain([emoji.as_str()]) {
                assert!(protocol::check_emoji(emoji).is_ok(), "{emoji}");
            }
        }
    }
}
