use std::ops::Range;

/// Whether a text mentions somebody: an `@` and their whole name, in any case, that stands by itself.
#[must_use]
pub fn mentions(text: &str, name: &str) -> bool {
    find_mention(text, name).is_some()
}

/// Where a text first mentions somebody, in bytes, the `@` included.
#[must_use]
pub fn find_mention(text: &str, name: &str) -> Option<Range<usize>> {
    let mut before = None;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let after = text.len() - rest.as_str().len();
        if c == '@' && !before.is_some_and(is_of_a_word) && begins_with(rest.clone(), name) {
            // A letter and its other case may be of different lengths.
            let length: usize = rest.take(name.chars().count()).map(char::len_utf8).sum();
            return Some(after - 1..after + length);
        }
        before = Some(c);
    }
    None
}

fn begins_with(mut text: impl Iterator<Item = char>, name: &str) -> bool {
    let is_there = name.chars().all(|c| text.next().is_some_and(|other| small(other) == small(c)));
    is_there && !text.next().is_some_and(is_of_a_word)
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
fn is_of_a_word(c: char) -> bool {
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
