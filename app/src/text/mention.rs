/// A text in pieces: words, and mentions of people, of which it is known whether they mean the first of those that are here, who
/// is the reader.
pub fn pieces<'a>(text: &'a str, here: &[String]) -> Vec<(&'a str, Option<bool>)> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((start, end, is_me)) = next(rest, here) {
        pieces.push((&rest[..start], None));
        pieces.push((&rest[start..end], Some(is_me)));
        rest = &rest[end..];
    }
    pieces.push((rest, None));
    pieces.retain(|(words, _)| !words.is_empty());
    pieces
}

/// The next mention: the whole name of somebody who is here, which may have spaces, or else one word.
fn next(text: &str, here: &[String]) -> Option<(usize, usize, bool)> {
    let found =
        here.iter().enumerate().filter_map(|(index, name)| Some((client::find_mention(text, name)?, index == 0)));
    // The first one; of two that begin there the longer, and of two who are called so the reader.
    let known = found.min_by_key(|(place, is_me)| (place.start, std::cmp::Reverse((place.end, *is_me))));
    let other = text.match_indices('@').find_map(|(start, _)| {
        let stands_apart = !text[..start].chars().next_back().is_some_and(is_of_a_word);
        let word = text[start + 1..].find(|c| !is_of_a_word(c)).unwrap_or(text.len() - start - 1);
        (stands_apart && word > 0).then_some((start, start + 1 + word, false))
    });
    match (known, other) {
        (Some((known, _)), Some((start, ..))) if start < known.start => other,
        (Some((known, is_me)), _) => Some((known.start, known.end, is_me)),
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
            let here = ["Ana Maria", "Rui", "Rui Costa", "ana maria"].map(str::to_owned);
            pieces(text, &here).into_iter().map(piece).collect::<String>()
        };
        for (text, expected) in [
            ("hello", "hello"),
            ("@Ana Maria, hi", "[me @Ana Maria], hi"),
            ("@Rui and @ana maria", "[@Rui] and [me @ana maria]"),
            ("@Ana, hi", "[@Ana], hi"),
            ("@rui costa, @Rui C", "[@rui costa], [@Rui] C"),
            ("mail@example @ @@", "mail@example @ @@"),
            ("(@Zoë!) @花子", "([@Zoë]!) [@花子]"),
            ("", ""),
        ] {
            assert_eq!(shown(text), expected, "{text:?}");
        }
    }
}
