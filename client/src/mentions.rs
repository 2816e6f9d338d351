/// Whether a text mentions somebody: an `@` and their whole name, in any case, that stands by itself.
#[must_use]
pub fn mentions(text: &str, name: &str) -> bool {
    mention_places(text).any(|place| name_at(&text[place..], name).is_some())
}

/// Where the name of a mention may begin, in bytes: right after each `@` that stands apart.
pub fn mention_places(text: &str) -> impl Iterator<Item = usize> {
    let mut before = None;
    text.char_indices().filter_map(move |(index, c)| {
        let is_place = c == '@' && !before.is_some_and(is_of_a_word);
        before = Some(c);
        is_place.then_some(index + 1)
    })
}

/// Whether something may begin after this text: it does not end within a word.
#[must_use]
pub fn stands_apart(before: &str) -> bool {
    !before.chars().next_back().is_some_and(is_of_a_word)
}

/// How many bytes of a text, from its beginning, are that name in any case, if it ends there.
#[must_use]
pub fn name_at(text: &str, name: &str) -> Option<usize> {
    let mut rest = text.chars();
    let is_there = name.chars().all(|c| rest.next().is_some_and(|other| small(other) == small(c)));
    // A letter and its other case may be of different lengths.
    let length = text.len() - rest.as_str().len();
    (is_there && !rest.next().is_some_and(is_of_a_word)).then_some(length)
}

/// Of the letters that Latin, Greek and Cyrillic keyboards have. The tables of all others would be paid for in what browsers
/// load, and who is mentioned is mostly chosen from a list.
fn small(c: char) -> char {
    match c {
        'A'..='Z' | 'À'..='Ö' | 'Ø'..='Þ' | 'Α'..='Ω' | 'А'..='Я' => char::from_u32(c as u32 + 32).unwrap_or(c),
        'Ѐ'..='Џ' => char::from_u32(c as u32 + 80).unwrap_or(c),
        c => c,
    }
}

/// Whether a name that goes on with this character is a longer one: letters, digits and marks, by blocks for the same
/// reason. The scripts beyond are written without spaces, so that a name ends wherever it ends.
#[must_use]
pub fn is_of_a_word(c: char) -> bool {
    let letter = matches!(c, '\u{C0}'..='\u{1FFF}') && !"×÷;·־،؛؟۔।॥".contains(c);
    c.is_ascii_alphanumeric() || c == '_' || letter
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mention_is_the_whole_name_by_itself() {
        for (text, name, found) in [
            ("@Ana", "Ana", true),
            ("hello @ana, and", "Ana", true),
            ("(@ANA)", "ana", true),
            ("@Ana's", "Ana", true),
            ("@Ana…", "Ana", true),
            ("@@Ana", "Ana", true),
            ("@Rui @Ana", "Ana", true),
            ("\n@Ana\n", "Ana", true),
            ("Ana", "Ana", false),
            ("@ Ana", "Ana", false),
            ("@Anabel", "Ana", false),
            ("@Ana2", "Ana", false),
            ("@Ana_", "Ana", false),
            ("@Aná", "Ana", false),
            ("@Ana\u{301}", "Ana", false),
            ("mail@Ana", "Ana", false),
            ("é@Ana", "Ana", false),
            ("@An", "Ana", false),
            ("@", "Ana", false),
            ("", "Ana", false),
        ] {
            assert_eq!(mentions(text, name), found, "{name} in {text:?}");
        }
    }

    #[test]
    fn names_have_spaces_and_letters_of_many_scripts() {
        for (text, name, found) in [
            ("@Ana Maria!", "ana maria", true),
            ("@Ana  Maria", "Ana Maria", false),
            ("@ÁLVARO", "Álvaro", true),
            ("@иВАН", "Иван", true),
            ("@Иванна", "Иван", false),
            ("@ΝΙΚΗ", "νικη", true),
            ("@花子さん", "花子", true),
            ("@أحمد", "أح", false),
            ("@أحمد، نعم", "أحمد", true),
            ("@😀", "😀", true),
            ("@a.b*", "A.B*", true),
        ] {
            assert_eq!(mentions(text, name), found, "{name} in {text:?}");
        }
    }
}
