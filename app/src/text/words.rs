//! The words that people read, in each language of `app/locales`.
//!
//! The build script checks that all languages have the same words with the same arguments, and generates from them:
//!
//! - a method of [`Words`] for each word of `room.json`. The server writes these words, in the reader's language only,
//!   into the page; the browser reads them from there. So the page's Wasm holds no words, and a page those of one
//!   language.
//! - a module for each chunk in `lazy.json`, with a function for each word. They hold the word in all languages, which
//!   only weighs on the chunk that calls them.
//! - the module [`pages`] for `pages.json`: what only the server says.

use std::fmt::Write;
#[cfg(feature = "ssr")]
use std::sync::LazyLock;

use miniserde::{de::Visitor, make_place};
use serde::{Serialize, Serializer};

include!(concat!(env!("OUT_DIR"), "/words.rs"));

make_place!(Place);

/// Separates the words in the page.
const SEPARATOR: char = '\n';

/// Separates the plural forms of a word.
const FORM_SEPARATOR: char = '|';

/// The index of the language's tag among the words.
const TAG: usize = 0;

/// The index of the text that has, for each count, the index of its plural form as a digit.
const FORM_OF_COUNT: usize = 1;

/// The words of the room in one language.
#[derive(Clone, Copy, Debug)]
pub struct Words(&'static [&'static str]);

impl Words {
    /// The words in a language.
    #[cfg(feature = "ssr")]
    #[must_use]
    pub fn of(language: Language) -> Self {
        static WORDS: LazyLock<Vec<Words>> =
            LazyLock::new(|| PAGES.iter().map(|page| Words::read((*page).to_owned())).collect());
        WORDS[language as usize]
    }

    /// Reads the words from a page. They are never freed: a browser reads one page, the server one for each language.
    pub(super) fn read(text: String) -> Self {
        let words: Vec<&'static str> = text.leak().split(SEPARATOR).collect();
        Self(words.leak())
    }

    /// The text in the language of these words, of one in each language.
    #[inline(never)]
    fn choose(self, texts: &[&'static str; Language::ALL.len()]) -> &'static str {
        self.language().choose(texts)
    }

    fn language(self) -> Language {
        Language::from_tag(self.get(TAG)).unwrap_or_default()
    }

    /// A word, or nothing if the page was not made by this version. Inlined into each caller it would weigh more than
    /// the words.
    #[inline(never)]
    fn get(self, index: usize) -> &'static str {
        self.0.get(index).copied().unwrap_or_default()
    }

    /// The plural form of a word for a count.
    fn form(self, index: usize, count: u64) -> &'static str {
        let forms = self.get(FORM_OF_COUNT).as_bytes();
        // In all languages, the form of a greater count depends on its last two digits.
        let count = if count < 100 { count } else { 100 + count % 100 };
        let digit = forms.get(count as usize).or(forms.last());
        let form = digit.map_or(0, |digit| digit.wrapping_sub(b'0'));
        self.get(index).split(FORM_SEPARATOR).nth(form.into()).unwrap_or_default()
    }
}

impl Language {
    /// The text in this language, of one in each language.
    const fn choose(self, texts: &[&'static str; Self::ALL.len()]) -> &'static str {
        texts[self as usize]
    }
}

impl Serialize for Words {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.join("\n"))
    }
}

impl miniserde::Deserialize for Words {
    fn begin(out: &mut Option<Self>) -> &mut dyn Visitor {
        Place::new(out)
    }
}

impl Visitor for Place<Words> {
    fn string(&mut self, text: &str) -> miniserde::Result<()> {
        self.out = Some(Words::read(text.to_owned()));
        Ok(())
    }
}

/// Replaces `{0}`, `{1}` … by the arguments.
#[inline(never)]
fn fill(words: &str, arguments: &[&str]) -> String {
    let mut pieces = words.split('{');
    let mut filled = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (number, rest) = piece.split_once('}').unwrap_or_default();
        let number = number.bytes().next().unwrap_or_default().wrapping_sub(b'0');
        let argument = arguments.get(usize::from(number));
        filled.push_str(argument.copied().unwrap_or_default());
        filled.push_str(rest);
    }
    filled
}

/// A number as an argument of a word.
pub fn number(count: u64) -> String {
    let mut text = String::new();
    write!(text, "{count}").expect("writing to a String never fails");
    text
}

#[cfg(test)]
mod tests {
    use miniserde::json;

    use super::*;

    #[test]
    fn words_survive_the_way_through_the_page() {
        for language in Language::ALL {
            let words = Words::of(language);
            assert_eq!(words.language(), language);
            assert!(words.0.iter().all(|word| !word.is_empty()), "{words:?}");
            let received: Words = json::from_str(&serde_json::to_string(&words).unwrap()).unwrap();
            assert_eq!(received.0, words.0);
        }
    }

    #[test]
    fn arguments_are_inserted_verbatim() {
        let words = Words::of(Language::En);
        assert_eq!(words.leave("{0} {1}"), "Leave {0} {1}");
        assert_eq!(words.two("{1}", "}{"), "{1} and }{");
        assert_eq!(words.many("Ana", "Rui", "7"), "Ana, Rui and 7 others");
    }

    #[test]
    fn plural_forms_follow_the_language() {
        for (language, none, one, two) in [
            (Language::En, "0 new messages", "1 new message", "2 new messages"),
            (Language::PtBr, "0 mensagem nova", "1 mensagem nova", "2 mensagens novas"),
            (Language::Es, "0 mensajes nuevos", "1 mensaje nuevo", "2 mensajes nuevos"),
        ] {
            let new_messages = |count| Words::of(language).new_messages(count, &number(count));
            assert_eq!([new_messages(0), new_messages(1), new_messages(2)], [none, one, two]);
            for count in [100, 101, 1_000, 1_001] {
                assert_eq!(new_messages(count), two.replace('2', &number(count)));
            }
        }
    }

    #[test]
    fn chunks_and_pages_speak_each_language() {
        assert_eq!(pages::language_name(Language::PtBr), "Português (Brasil)");
        assert_eq!(menu::replying_to(Words::of(Language::Es), "Ana"), "Estás respondiendo a Ana");
        for language in Language::ALL {
            // Lists that are zipped with something.
            assert_eq!(emoji::skin_tones(Words::of(language)).split(", ").count(), 6);
            assert_eq!(emoji::groups(Words::of(language)).split(", ").count(), 9);
            assert_eq!(Words::of(language).months().split(' ').count(), 12);
        }
    }

    #[test]
    fn words_of_another_version_are_empty() {
        let words = Words::read("en\n010\nActions".into());
        assert_eq!((words.actions(), words.reload(), words.leave("lobby").as_str()), ("Actions", "", ""));
        assert_eq!(Words::read(String::new()).new_messages(1, "1"), "");
        assert_eq!(fill("{", &[]) + &fill("}{}{9}{a}", &["x"]), "}");
    }
}
