/// The beginning of a name or of an emoji, right before the caret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// What stands after an `@`.
    Name(String),
    /// What stands after a `:`.
    Emoji(String),
    /// What stands between two `:`.
    Shortcode(String),
}

/// A name of that many characters is none.
const LONGEST: usize = 32;

impl Word {
    /// The one that `text` ends with.
    pub fn at_end_of(text: &str) -> Option<Self> {
        let start = text.rfind(['@', ':'])?;
        let (before, word) = (&text[..start], &text[start + 1..]);
        if text[start..].starts_with('@') {
            let is_short = word.chars().count() <= LONGEST && !word.contains('\n') && !word.starts_with(' ');
            return (client::stands_apart(before) && is_short).then(|| Self::Name(word.to_owned()));
        }
        if word.is_empty() {
            let start = before.rfind(':')?;
            let code = &before[start + 1..];
            return (stands_apart(&before[..start]) && is_code(code)).then(|| Self::Shortcode(code.to_owned()));
        }
        (stands_apart(before) && word.len() > 1 && is_code(word)).then(|| Self::Emoji(word.to_owned()))
    }

    /// How many UTF-16 units it takes, with its marks.
    pub fn length(&self) -> u32 {
        let (word, marks) = match self {
            Self::Name(word) | Self::Emoji(word) => (word, 1),
            Self::Shortcode(word) => (word, 2),
        };
        u32::try_from(word.encode_utf16().count()).unwrap_or_default() + marks
    }
}

/// Of an emoji: times and addresses have colons too.
fn stands_apart(before: &str) -> bool {
    client::stands_apart(before) && !before.ends_with(':')
}

fn is_code(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'+' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::pieces;

    #[test]
    fn the_word_before_the_caret() {
        let name = |word: &str| Some(Word::Name(word.to_owned()));
        let emoji = |word: &str| Some(Word::Emoji(word.to_owned()));
        let code = |word: &str| Some(Word::Shortcode(word.to_owned()));
        for (text, word) in [
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
            assert_eq!(Word::at_end_of(text), word, "{text:?}");
        }
        assert_eq!(Word::Name("🌊a".into()).length(), 4);
    }

    #[test]
    fn what_is_completed_counted_and_coloured_is_one() {
        let here = ["Ana".to_owned()];
        let is_coloured = |text: &str| pieces(text, &here).contains(&("@Ana", Some(true)));
        for c in " \n\t.,:;!?…'\"()[]*~/\\-_·×÷@#aZ0éßЯа۔ا؟花さ한😀\u{301}\u{94D}\u{200D}\u{2028}".chars()
        {
            let (before, behind) = (format!("{c}@Ana"), format!("@Ana{c}"));
            let is_completed = matches!(Word::at_end_of(&before), Some(Word::Name(_)));
            assert_eq!(is_completed, client::mentions(&before, "Ana"), "{before:?}");
            assert_eq!(is_coloured(&before), client::mentions(&before, "Ana"), "{before:?}");
            assert_eq!(is_coloured(&behind), client::mentions(&behind, "Ana"), "{behind:?}");
            let is_cut = !client::mentions(&behind, "Ana") && pieces(&behind, &here)[0].0 == "@Ana";
            assert!(!is_cut, "{behind:?} is somebody else");
        }
    }
}
