/// A text in pieces: words, and mentions of people, of which it is known whether they mean the reader.
pub fn pieces<'a>(text: &'a str, me: &str) -> Vec<(&'a str, Option<bool>)> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((start, end, is_me)) = next(rest, me) {
        pieces.push((&rest[..start], None));
        pieces.push((&rest[start..end], Some(is_me)));
        rest = &rest[end..];
    }
    pieces.push((rest, None));
    pieces.retain(|(words, _)| !words.is_empty());
    pieces
}

/// The next mention: a whole name if it is the reader's, which may have spaces, and one word if it is not.
fn next(text: &str, me: &str) -> Option<(usize, usize, bool)> {
    let mine = client::find_mention(text, me);
    let other = text.match_indices('@').find_map(|(start, _)| {
        let stands_apart = !text[..start].chars().next_back().is_some_and(is_of_a_word);
        let word = text[start + 1..].find(|c| !is_of_a_word(c)).unwrap_or(text.len() - start - 1);
        (stands_apart && word > 0).then_some((start, start + 1 + word, false))
    });
    match (mine, other) {
        (Some(mine), Some((start, ..))) if start < mine.start => other,
        (Some(mine), _) => Some((mine.start, mine.end, true)),
        (None, other) => other,
    }
}

fn is_of_a_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mentions_stand_out() {
        let shown = |text| {
            let piece = |(words, mention): (&str, Option<bool>)| match mention {
                None => words.to_owned(),
                Some(true) => format!("[me {words}]"),
                Some(false) => format!("[{words}]"),
            };
            pieces(text, "Ana Maria").into_iter().map(piece).collect::<String>()
        };
        for (text, expected) in [
            ("hello", "hello"),
            ("@Ana Maria, hi", "[me @Ana Maria], hi"),
            ("@Rui and @ana maria", "[@Rui] and [me @ana maria]"),
            ("@Ana, hi", "[@Ana], hi"),
            ("mail@example @ @@", "mail@example @ @@"),
            ("(@Zoë!) @花子", "([@Zoë]!) [@花子]"),
            ("", ""),
        ] {
            assert_eq!(shown(text), expected, "{text:?}");
        }
    }
}
