/// What is drawn of a message's text. HTML cannot carry all that people send: its parser drops U+0000 and reads every kind of
/// line break as one. The browser would not find again what the server wrote, so both draw what is left.
pub fn drawn(text: &str) -> String {
    let mut drawn = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        drawn.push(match c {
            '\0' => char::REPLACEMENT_CHARACTER,
            '\r' => {
                rest.next_if_eq(&'\n');
                '\n'
            }
            c => c,
        });
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_html_cannot_carry_is_drawn_as_something_that_it_can() {
        for (text, shown) in [
            ("plain\n\ntext", "plain\n\ntext"),
            ("\0", "\u{FFFD}"),
            ("a\0b\r\nc", "a\u{FFFD}b\nc"),
            ("\r\r\n\n\r", "\n\n\n\n"),
            ("\u{b}\u{85}\u{2028}", "\u{b}\u{85}\u{2028}"),
        ] {
            assert_eq!(drawn(text), shown, "{text:?}");
        }
    }
}
