/// A text in pieces: words, and mentions of people, of which it is known whether they mean the first of those that are here, who
/// is the reader.
pub fn pieces<'a>(text: &'a str, here: &[String]) -> Vec<(&'a str, Option<bool>)> {
    let mut pieces = Vec::new();
    let mut done = 0;
    for place in client::mention_places(text) {
        let at = place - 1;
        // A name may have an `@` in it.
        if at < done {
            continue;
        }
        if let Some((length, is_me)) = name_at(&text[place..], here) {
            let end = place + length;
            pieces.push((&text[done..at], None));
            pieces.push((&text[at..end], Some(is_me)));
            done = end;
        }
    }
    pieces.push((&text[done..], None));
    pieces.retain(|(words, _)| !words.is_empty());
    pieces
}

/// How long the name is that a text begins with, and whether it is the reader's: the longest of those that are here, which may have
/// spaces, of two who are called so the reader's; or else one word.
fn name_at(text: &str, here: &[String]) -> Option<(usize, bool)> {
    let known = here.iter().enumerate().filter_map(|(index, name)| Some((client::name_at(text, name)?, index == 0)));
    let word = text.find(|c: char| !c.is_alphanumeric() && !client::is_of_a_word(c)).unwrap_or(text.len());
    known.max().or((word > 0).then_some((word, false)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_mentions_among_many_people_are_read_once() {
        let here: Vec<_> = (0..200).map(|n| format!("Somebody with a long name {n}")).collect();
        let text = "@a ".repeat(100_000);
        assert_eq!(pieces(&text, &here).len(), 200_000);
    }

    #[test]
    fn mentions_stand_out() {
        let shown = |text| {
            let piece = |(words, mention): (&str, Option<bool>)| match mention {
                None => words.to_owned(),
                Some(true) => format!("[me {words}]"),
                Some(false) => format!("[{words}]"),
            };
            let here = ["Ana Maria", "Rui", "Rui Costa", "ana maria", "a @b"].map(str::to_owned);
            pieces(text, &here).into_iter().map(piece).collect::<String>()
        };
        for (text, expected) in [
            ("hello", "hello"),
            ("@Ana Maria, hi", "[me @Ana Maria], hi"),
            ("@Rui and @ana maria", "[@Rui] and [me @ana maria]"),
            ("@Ana, hi", "[@Ana], hi"),
            ("@rui costa, @Rui C", "[@rui costa], [@Rui] C"),
            ("mail@example @ @@", "mail@example @ @@"),
            ("@a @b @b", "[@a @b] [@b]"),
            ("@Rui\u{301}, @Rui_ @Rui-", "[@Rui\u{301}], [@Rui_] [@Rui]-"),
            ("(@Zoë!) @花子", "([@Zoë]!) [@花子]"),
            ("", ""),
        ] {
            assert_eq!(shown(text), expected, "{text:?}");
        }
    }
}
