/// Splits a text into plain segments (`None`) and mentions (`Some(mentions_reader)`). `names` are the names of the
/// people in the room, the reader's first.
pub fn split_mentions<'a>(text: &'a str, names: &[String]) -> Vec<(&'a str, Option<bool>)> {
    let mut segments = Vec::new();
    let mut done = 0;
    for name_start in client::mention_starts(text) {
        let start = name_start - 1;
        // A name may contain an `@`.
        if start < done {
            continue;
        }
        if let Some((length, is_reader)) = name_at_start(&text[name_start..], names) {
            let end = name_start + length;
            segments.push((&text[done..start], None));
            segments.push((&text[start..end], Some(is_reader)));
            done = end;
        }
    }
    segments.push((&text[done..], None));
    segments.retain(|(segment, _)| !segment.is_empty());
    segments
}

/// The length in bytes of the name at the start of a text, and whether it is the reader's. The longest known name wins,
/// which may contain spaces; the reader wins over somebody of the same name. Without a known name it is one word.
fn name_at_start(text: &str, names: &[String]) -> Option<(usize, bool)> {
    let known = names.iter().enumerate().filter_map(|(index, name)| Some((client::name_at(text, name)?, index == 0)));
    let word = text.find(|c: char| !c.is_alphanumeric() && !client::is_word_char(c)).unwrap_or(text.len());
    known.max().or((word > 0).then_some((word, false)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_many_mentions_among_many_names() {
        let names: Vec<_> = (0..200).map(|n| format!("Somebody with a long name {n}")).collect();
        let text = "@a ".repeat(100_000);
        assert_eq!(split_mentions(&text, &names).len(), 200_000);
    }

    #[test]
    fn finds_mentions_and_those_of_the_reader() {
        let split = |text| {
            let mark = |(segment, mention): (&str, Option<bool>)| match mention {
                None => segment.to_owned(),
                Some(true) => format!("[me {segment}]"),
                Some(false) => format!("[{segment}]"),
            };
            let names = ["Ana Maria", "Rui", "Rui Costa", "ana maria", "a @b"].map(str::to_owned);
            split_mentions(text, &names).into_iter().map(mark).collect::<String>()
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
            assert_eq!(split(text), expected, "{text:?}");
        }
    }
}
