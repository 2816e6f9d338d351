/// Whether a text mentions a person: an `@` followed by the whole name, in any case and not within a word.
#[must_use]
pub fn mentions(text: &str, name: &str) -> bool {
    mention_starts(text).any(|start| name_at(&text[start..], name).is_some())
}

/// The byte offsets at which the name of a mention may begin: after each `@` that does not follow a word character.
pub fn mention_starts(text: &str) -> impl Iterator<Item = usize> {
    let mut before = None;
    text.char_indices().filter_map(move |(index, c)| {
        let is_start = c == '@' && !before.is_some_and(is_word_char);
        before = Some(c);
        is_start.then_some(index + 1)
    })
}

/// Whether a mention may begin after this text: the text does not end with a word character.
#[must_use]
pub fn is_at_word_start(before: &str) -> bool {
    !before.chars().next_back().is_some_and(is_word_char)
}

/// The number of bytes at the start of `text` that match `name` in any case, if the word ends there.
#[must_use]
pub fn name_at(text: &str, name: &str) -> Option<usize> {
    let mut rest = text.chars();
    let is_there = name.chars().all(|c| rest.next().is_some_and(|other| to_lower(other) == to_lower(c)));
    // Both cases of a letter may have different lengths.
    let length = text.len() - rest.as_str().len();
    (is_there && !rest.next().is_some_and(is_word_char)).then_some(length)
}

/// Lower-cases the letters of Latin, Greek and Cyrillic keyboards. The tables for all letters would increase the size
/// of the browser bundle, and most mentions are chosen from a list.
fn to_lower(c: char) -> char {
    match c {
        'A'..='Z' | 'À'..='Ö' | 'Ø'..='Þ' | 'Α'..='Ω' | 'А'..='Я' => char::from_u32(c as u32 + 32).unwrap_or(c),
        'Ѐ'..='Џ' => char::from_u32(c as u32 + 80).unwrap_or(c),
        c => c,
    }
}

/// Whether the character continues a word: letters, digits and marks. They are given as blocks to keep the browser
/// bundle small. Scripts beyond these blocks are written without spaces, so a name may end anywhere.
#[must_use]
pub fn is_word_char(c: char) -> bool {
    let letter = matches!(c, '\u{C0}'..='\u{1FFF}') && !"×÷;·־،؛؟۔।॥".contains(c);
    c.is_ascii_alphanumeric() || c == '_' || letter
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mention_requires_the_whole_name() {
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
    fn mentions_work_with_spaces_and_many_scripts() {
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
