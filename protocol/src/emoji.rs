use crate::{Error, RefusalCode, limits};

/// Checks what somebody reacts with: an emoji, however many characters it is made of, and 64 bytes at most.
///
/// A list of what is allowed, by blocks: one of what is not would let through combining marks that grow over their
/// neighbours, characters that nobody sees, and words. Which characters of a block are emoji changes every year, and which
/// sequences of them are is for whoever draws them to say.
///
/// # Errors
/// `bad_frame`, with a sentence that says what is allowed.
pub fn check_emoji(emoji: &str) -> Result<(), Error> {
    let fits = (1..=limits::EMOJI).contains(&emoji.len());
    let begins = emoji.chars().next().is_some_and(|c| is_part(c) && !joins(c));
    // A digit alone is the beginning of a keycap only.
    if fits && begins && emoji.chars().all(is_part) && !emoji.is_ascii() {
        Ok(())
    } else {
        Err(Error::new(RefusalCode::BadFrame, "One can react with an emoji only."))
    }
}

fn is_part(c: char) -> bool {
    let symbol = matches!(c, '\u{2100}'..='\u{2BFF}' | '\u{1F000}'..='\u{1FBFF}');
    let elsewhere = matches!(c, '©' | '®' | '‼' | '⁉' | '〰' | '〽' | '㊗' | '㊙');
    symbol || elsewhere || matches!(c, '0'..='9' | '#' | '*') || joins(c)
}

/// What makes one emoji of several characters: the joiner, the keycap, the choice of colours, and the tags of flags.
fn joins(c: char) -> bool {
    matches!(c, '\u{200D}' | '\u{20E3}' | '\u{FE0F}' | '\u{E0020}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_reacts_with_an_emoji_only() {
        for (emoji, good) in [
            ("👍", true),
            ("👍🏽", true),
            ("❤️", true),
            ("1️⃣", true),
            ("#️⃣", true),
            ("©️", true),
            ("ℹ️", true),
            ("🅰️", true),
            ("㊙️", true),
            ("🇧🇷", true),
            ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", true),
            ("👩🏽‍❤️‍💋‍👨🏿", true),
            ("🏳️‍🌈", true),
            ("", false),
            (" ", false),
            ("1", false),
            ("#", false),
            ("a", false),
            ("+1", false),
            ("yes", false),
            ("sim 👍", false),
            ("👍 ", false),
            ("👍\n", false),
            ("👍\0", false),
            ("é", false),
            ("да", false),
            ("赞", false),
            ("\u{301}", false),
            ("👍\u{301}\u{301}", false),
            ("\u{202E}👍", false),
            ("👍\u{2066}", false),
            ("\u{200D}", false),
            ("\u{FE0F}👍", false),
            ("\u{200B}", false),
            (&"👍".repeat(16), true),
            (&"👍".repeat(17), false),
        ] {
            let code = check_emoji(emoji).err().map(|error| error.code);
            assert_eq!(code, (!good).then_some(RefusalCode::BadFrame), "{emoji:?}");
        }
    }
}
