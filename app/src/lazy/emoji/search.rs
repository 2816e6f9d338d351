use emojis::{Emoji, SkinTone};

/// As many as a list beneath a text may have.
const MOST: usize = 8;

/// Those with a shortcode or a name that has all words of the query in it; all of them for none.
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

/// Those with a shortcode that begins so, the shortest codes first.
pub fn by_shortcode(word: &str) -> Vec<(String, String)> {
    let word = word.to_lowercase();
    let mut found: Vec<_> = emojis::iter()
        .filter_map(|emoji| Some((emoji.as_str(), emoji.shortcodes().find(|code| code.starts_with(&word))?)))
        .collect();
    found.sort_by_key(|(_, code)| code.len());
    found.into_iter().take(MOST).map(|(emoji, code)| (emoji.to_owned(), code.to_owned())).collect()
}

/// The emoji in the colour of skin that the person chose, if it comes in several.
pub fn toned(emoji: &'static Emoji, tone: SkinTone) -> &'static str {
    emoji.with_skin_tone(tone).unwrap_or(emoji).as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_by_words_and_shortcodes() {
        assert!(find("party pop").any(|emoji| emoji.as_str() == "🎉"));
        assert!(find("TADA").any(|emoji| emoji.as_str() == "🎉"));
        assert!(find("").count() > 1_500);
        assert_eq!(find("no such emoji").count(), 0);
        assert_eq!(by_shortcode("tada").first(), Some(&("🎉".to_owned(), "tada".to_owned())));
        assert!(by_shortcode("s").len() <= MOST);
    }

    #[test]
    fn what_can_be_chosen_can_be_a_reaction() {
        for emoji in emojis::iter() {
            let tones = emoji.skin_tones().into_iter().flatten().map(Emoji::as_str);
            for emoji in tones.chain([emoji.as_str()]) {
                assert!(protocol::check_emoji(emoji).is_ok(), "{emoji}");
            }
        }
    }
}
