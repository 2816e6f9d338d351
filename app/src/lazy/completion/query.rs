/// The beginning of a name or of an emoji's shortcode, right before the caret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// `@ana`, without the `@`.
    Name(String),
    /// `:tad`, without the `:`.
    Emoji(String),
    /// `:tada:`, without the colons.
    Shortcode(String),
}

/// No name is longer than this, in characters.
const MAX_NAME: usize = 32;

impl Query {
    /// The query that `text`, which ends at the caret, ends with.
    pub fn at_end_of(text: &str) -> Option<Self> {
        let start = text.rfind(['@', ':'])?;
        let (before, word) = (&text[..start], &text[start + 1..]);
        if text[start..].starts_with('@') {
            let is_short = word.chars().count() <= MAX_NAME && !word.contains('\n') && !word.starts_with(' ');
            return (client::is_at_word_start(before) && is_short).then(|| Self::Name(word.to_owned()));
        }
        if word.is_empty() {
            let start = before.rfind(':')?;
            let code = &before[start + 1..];
            return (may_precede_shortcode(&before[..start]) && is_shortcode(code))
                .then(|| Self::Shortcode(code.to_owned()));
        }
        (may_precede_shortcode(before) && word.len() > 1 && is_shortcode(word)).then(|| Self::Emoji(word.to_owned()))
    }

    /// The query's length in UTF-16 units, with the `@` or the colons.
    pub fn length(&self) -> u32 {
        let (word, delimiters) = match self {
            Self::Name(word) | Self::Emoji(word) => (word, 1),
            Self::Shortcode(word) => (word, 2),
        };
        u32::try_from(word.encode_utf16().count()).unwrap_or_default() + delimiters
    }
}

/// Whether a shortcode may start after `before`: times and addresses contain colons too.
fn may_precede_shortcode(before: &str) -> bool {
    client::is_at_word_start(before) && !before.ends_with(':')
}

fn is_shortcode(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'+' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::split_mentions;

    #[test]
    fn reads_the_query_before_the_caret() {
        let name = |word: &str| Some(Query::Name(word.to_owned()));
        let emoji = |word: &str| Some(Query::Emoji(word.to_owned()));
        let code = |word: &str| Some(Query::Shortcode(word.to_owned()));
        for (text, query) in [
            ("@", name("")),
            ("hello @An", name("An")),
            ("@Ana Ma", name("Ana Ma")),
            ("@ Ana", None),
            ("mail@ex", None),
            ("(@zoë", name("zoë")),
            (":ta", emoji("ta")),
            (":t", None),
            ("a :tada", emoji("tada")),
            ("at 10:30", None),
            ("so: yes", None),
            (":tada:", code("tada")),
            ("a::", None),
            ("http://x", None),
            ("", None),
        ] {
            assert_eq!(Query::at_end_of(text), query, "{text:?}");
        }
        assert_eq!(Query::Name("🌊a".into()).length(), 4);
    }

    #[test]
    fn completion_notification_and_highlight_agree_on_what_a_mention_is() {
        let names = ["Ana".to_owned()];
        let is_highlighted = |text: &str| split_mentions(text, &names).contains(&("@Ana", Some(true)));
        for c in " \n\t.,:;!?…'\"()[]*~/\\-_·×÷@#aZ0éßЯа۔ا؟花さ한😀\u{301}\u{94D}\u{200D}\u{2028}".chars()
        {
            let (before, behind) = (format!("{c}@Ana"), format!("@Ana{c}"));
            let is_completed = matches!(Query::at_end_of(&before), Some(Query::Name(_)));
            assert_eq!(is_completed, client::mentions(&before, "Ana"), "{before:?}");
            assert_eq!(is_highlighted(&before), client::mentions(&before, "Ana"), "{before:?}");
            assert_eq!(is_highlighted(&behind), client::mentions(&behind, "Ana"), "{behind:?}");
            let is_prefix = !client::mentions(&behind, "Ana") && split_mentions(&behind, &names)[0].0 == "@Ana";
            assert!(!is_prefix, "{behind:?} mentions somebody else");
        }
    }
}
