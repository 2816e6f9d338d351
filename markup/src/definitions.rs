//! A line like `[12:30]: see you` names an address for links elsewhere, and shows nothing. People mean what they see.

use std::borrow::Cow;

/// Of no script, and meant for what stays within a program. To look for definitions and to escape them would take a pass for each
/// that stands behind another one of the same name.
const BARRIER: char = '\u{FDD0}';

/// A text in which the parser finds no definition.
pub fn barred(text: &str) -> String {
    text.replace("]:", &format!("]{BARRIER}:"))
}

/// What people wrote of such a text.
pub fn as_written(text: &str) -> Cow<'_, str> {
    if text.contains(BARRIER) { text.replace(BARRIER, "").into() } else { text.into() }
}
