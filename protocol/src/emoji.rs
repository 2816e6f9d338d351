use crate::{Error, RefusalCode, limits};

/// Checks the emoji of a reaction: one emoji of any number of characters, and 64 bytes at most.
///
/// Characters are allowed by blocks. A list of forbidden characters would let through combining marks that overlap
/// their neighbours, invisible characters, and words. Which characters of a block are emoji changes every year, and the
/// font decides which sequences of them form one emoji.
///
/// # Errors
/// `bad_frame`, with a sentence that says what is allowed.
pub fn check_emoji(emoji: &str) -> Result<(), Error> {
    let fits = (1..=limits::EMOJI).contains(&emoji.len());
    // A digit is allowed only as the start of a keycap.
    if fits && is_one(emoji) && !emoji.is_ascii() {
        Ok(())
    } else {
        Err(Error::new(RefusalCode::BadFrame, "One can react with an emoji only."))
    }
}

/// Whether the text is one symbol, with all characters that form one emoji with it.
fn is_one(emoji: &str) -> bool {
    let mut before = None;
    emoji.chars().enumerate().all(|(index, c)| match before.replace(c) {
        None => is_symbol(c) && !is_tone(c),
        Some(before) => {
            let is_flag = index == 1 && is_letter_of_flag(before) && is_letter_of_flag(c);
            joins(c) || is_tone(c) || is_flag || (before == JOINER && is_symbol(c))
        }
    })
}

/// Joins two emoji into one.
const JOINER: char = '\u{200D}';

/// Whether the character is a symbol that emoji are made of, by blocks. Of the letters in circles and squares only the
/// emoji are included. Lines and Braille are not.
fn is_symbol(c: char) -> bool {
    let symbol = matches!(c, '\u{2100}'..='\u{245F}' | 'Ⓜ' | '\u{2580}'..='\u{27FF}' | '\u{2900}'..='\u{2BFF}');
    let letter = matches!(c, '🅰' | '🅱' | '🅾' | '🅿' | '🆎' | '🆑'..='🆚') || is_letter_of_flag(c);
    let picture = matches!(c, '\u{1F000}'..='\u{1F0FF}' | '\u{1F200}'..='\u{1FBFF}');
    let elsewhere = matches!(c, '©' | '®' | '‼' | '⁉' | '〰' | '〽' | '㊗' | '㊙');
    symbol || letter || picture || elsewhere || matches!(c, '0'..='9' | '#' | '*')
}

const fn is_letter_of_flag(c: char) -> bool {
    matches!(c, '🇦'..='🇿')
}

const fn is_tone(c: char) -> bool {
    matches!(c, '🏻'..='🏿')
}

/// Whether the character joins characters into one emoji: the joiner, the keycap, the variation selector, and the
/// tags of flags.
const fn joins(c: char) -> bool {
    matches!(c, JOINER | '\u{20E3}' | '\u{FE0F}' | '\u{E0020}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reactions_are_emoji_only() {
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
            ("👍👍", false),
            ("👍©", false),
            ("🇧🇷🇧", false),
            ("11\u{20E3}", false),
            ("\u{2800}", false),
            ("🅂🄿🄰🄼", false),
            ("ⓈⓅ", false),
            ("──", false),
            ("Ⓜ️", true),
            ("🆗", true),
            ("🏿", false),
            (&"🏳️‍".repeat(9), false),
        ] {
            let code = check_emoji(emoji).err().map(|error| error.code);
            assert_eq!(code, (!good).then_some(RefusalCode::BadFrame), "{emoji:?}");
        }
    }
}
