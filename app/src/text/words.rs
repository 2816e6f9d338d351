//! The words of the room, in the reader's language.
//!
//! They stand in `app/locales`, a file for each language, and `leptos_i18n` makes sure of them when the server is built: a word that
//! is missing, unknown, or has other arguments does not compile. Browsers get none of that, since it would put every language
//! into the Wasm, and each visitor reads one. The server writes the words of that one into the page instead, and [`Words`] finds
//! each by its place.
//!
//! What only the server says (`pages` in `app/locales`) is said by `td_string!` itself.

use std::fmt::Write;

use miniserde::{de::Visitor, make_place};
use serde::{Serialize, Serializer};

make_place!(Place);

/// Stands between two words on the way to the browser.
const END: char = '\n';

/// Stands between the forms of a word that depends on a number: of none, of one, of many.
const OR: char = '|';

/// All words of the room in one language. A copy is the same words.
#[derive(Clone, Copy, Debug)]
pub struct Words(&'static [&'static str]);

impl Words {
    /// From how they travel in the page. A page is read once, so its words may stay for as long as it does.
    fn read(text: String) -> Self {
        let words: Vec<&'static str> = text.leak().split(END).collect();
        Self(words.leak())
    }

    /// Without a page in order there is nothing to say. A copy of this at each word would weigh more than the words.
    #[inline(never)]
    fn get(self, word: Word) -> &'static str {
        self.0.get(word as usize).copied().unwrap_or_default()
    }

    /// The form for this number. Which numbers are alike differs, but in none of our languages beyond the first three.
    fn form(self, word: Word, count: u64) -> &'static str {
        self.get(word).split(OR).nth(count.min(2) as usize).unwrap_or_default()
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

/// Puts the arguments where `{0}`, `{1}` and so on stand.
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

/// A number as an argument.
pub fn number(count: u64) -> String {
    let mut text = String::new();
    write!(text, "{count}").expect("a string takes whatever is written to it");
    text
}

/// Each word as a function of [`Words`]: `send` as it is, `leave(room)` with an argument, `joined[count](names)` in the form for
/// a number.
macro_rules! words {
    ($($word:ident $([$count:ident])? $(($($argument:ident),+))?;)+) => {
        #[expect(non_camel_case_types, reason = "named as the functions")]
        #[derive(Clone, Copy)]
        enum Word { $($word,)+ }

        #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "the server says less"))]
        impl Words {
            $(words! { @function $word $([$count])? $(($($argument),+))? })+
        }

        #[cfg(feature = "ssr")]
        mod spoken {
            use std::sync::LazyLock;

            use leptos_i18n::td_string;

            use super::{END, OR, Words};
            use crate::{i18n::Locale, preferences::Language};

            static SPOKEN: LazyLock<[Words; 3]> = LazyLock::new(|| Language::ALL.map(|language| table(language.into())));

            impl Words {
                /// Those of a language.
                #[must_use]
                pub fn of(language: Language) -> Self {
                    SPOKEN[language as usize]
                }
            }

            fn table(locale: Locale) -> Words {
                let words: Vec<String> =
                    vec![$(words! { @template locale, $word $([$count])? $(($($argument),+))? }),+];
                Words::read(words.join(&END.to_string()))
            }

            /// With numbers in place of the names of the arguments.
            fn numbered(words: String, arguments: &[&str]) -> String {
                let named = |words: String, (number, name): (usize, &&str)| words.replace(&format!("{{{name}}}"), &format!("{{{number}}}"));
                arguments.iter().enumerate().fold(words, named)
            }

            /// The form for none, for one and for many.
            fn forms(form: impl Fn(u64) -> String) -> String {
                [0, 1, 2].map(form).join(&OR.to_string())
            }
        }
    };

    (@function $word:ident) => {
        pub(crate) fn $word(self) -> &'static str {
            self.get(Word::$word)
        }
    };
    (@function $word:ident ($($argument:ident),+)) => {
        pub(crate) fn $word(self, $($argument: &str),+) -> String {
            fill(self.get(Word::$word), &[$($argument),+])
        }
    };
    (@function $word:ident [$count:ident] ($($argument:ident),+)) => {
        pub(crate) fn $word(self, $count: u64, $($argument: &str),+) -> String {
            fill(self.form(Word::$word, $count), &[$($argument),+])
        }
    };

    (@template $locale:ident, $word:ident) => {
        td_string!($locale, room.$word).to_owned()
    };
    (@template $locale:ident, $word:ident ($($argument:ident),+)) => {
        numbered(
            td_string!($locale, room.$word, $($argument = concat!("{", stringify!($argument), "}")),+).to_string(),
            &[$(stringify!($argument)),+],
        )
    };
    (@template $locale:ident, $word:ident [$count:ident] ($($argument:ident),+)) => {
        forms(|$count| numbered(
            td_string!($locale, room.$word, $count = $count, $($argument = concat!("{", stringify!($argument), "}")),+).to_string(),
            &[$(stringify!($argument)),+],
        ))
    };
}

words! {
    language;
    close;
    reload;
    try_again;
    loading;
    rooms;
    people;
    settings;
    sign_out;
    leave(room);
    open_another_room;
    open;
    room_missing;
    room_too_long(longest);
    room_unshowable;
    unread_messages;
    new_messages[count](n);
    you;
    more_people(n);
    shortcuts;
    invite;
    copy_link;
    away;
    connected;
    newer_version;
    signed_out;
    sign_in_again;
    broken;
    not_allowed;
    start_again;
    message;
    write_a_message;
    send;
    messages;
    news_below;
    latest_messages;
    load_older;
    loading_older;
    trimmed;
    empty;
    beginning;
    gap_trimmed;
    gap_reset;
    ok;
    deleted;
    edited;
    sending;
    not_sent;
    retry;
    discard;
    unsent_question;
    writing[count](names);
    joined[count](names);
    left[count](names);
    two(first, second);
    three(first, second, third);
    many(first, second, n);
    months;
    date(day, month, year);
    text_empty;
    text_too_long(longest);
    rate_limited;
    too_many_rooms;
    unavailable;
    sent_before;
    forbidden;
    refused;
    crowded;
    too_large;
    lost;
    gone;
    today;
    yesterday;
    no_message_link;
    no_such_message;
    message_too_far;
    message_not_kept;
    actions;
    emoji;
    part_missing;
    go_to_room;
    notifications;
    mute(room);
    mentions[count](n);
}

#[cfg(test)]
mod tests {
    use miniserde::json;

    use super::*;
    use crate::preferences::Language;

    #[test]
    fn every_word_is_there_in_every_language_and_comes_whole() {
        for language in Language::ALL {
            let words = Words::of(language);
            assert_eq!(Language::tagged(words.language()), Some(language));
            assert!(words.0.iter().all(|word| !word.is_empty()), "{words:?}");
            assert_eq!(words.0.len(), Word::mentions as usize + 1, "a word with a line break is two");
            let sent: Words = json::from_str(&serde_json::to_string(&words).unwrap()).unwrap();
            assert_eq!(sent.0, words.0);
        }
    }

    #[test]
    fn arguments_are_put_in_as_they_are() {
        let words = Words::of(Language::English);
        assert_eq!(words.leave("{0} {1}"), "Leave {0} {1}");
        assert_eq!(words.two("{1}", "}{"), "{1} and }{");
        assert_eq!(words.many("Ana", "Rui", "7"), "Ana, Rui and 7 others");
    }

    #[test]
    fn what_is_one_differs() {
        for (language, none, one, two) in [
            (Language::English, "0 new messages", "1 new message", "2 new messages"),
            (Language::Portuguese, "0 mensagem nova", "1 mensagem nova", "2 mensagens novas"),
            (Language::Spanish, "0 mensajes nuevos", "1 mensaje nuevo", "2 mensajes nuevos"),
        ] {
            let said = |count| Words::of(language).new_messages(count, &number(count));
            assert_eq!([said(0), said(1), said(2)], [none, one, two]);
            assert_eq!(said(1_000), two.replace('2', "1000"));
        }
    }

    #[test]
    fn a_page_with_other_words_says_nothing_and_lives() {
        let words = Words::read("en\nClose".into());
        assert_eq!((words.close(), words.reload(), words.leave("lobby").as_str()), ("Close", "", ""));
        assert_eq!(fill("{", &[]) + &fill("}{}{9}{a}", &["x"]), "}");
    }
}
