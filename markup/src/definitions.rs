//! Disables link definitions. In Markdown, a line like `[12:30]: see you` defines an address for links elsewhere and
//! is not shown. In a chat, people expect to see it.

use std::borrow::Cow;

/// A noncharacter, which is reserved for use inside a program. Finding and escaping the definitions instead would take
/// one pass for each definition that follows another one of the same name.
const BARRIER: char = '\u{FDD0}';

/// Returns the text in a form in which the parser finds no definition.
pub fn disable_definitions(text: &str) -> String {
    text.replace("]:", &format!("]{BARRIER}:"))
}

/// Restores the text of [`disable_definitions`].
pub fn restore(text: &str) -> Cow<'_, str> {
    if text.contains(BARRIER) { text.replace(BARRIER, "").into() } else { text.into() }
}
