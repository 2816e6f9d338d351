//! What people mark up in a message, as a tree: Markdown, and the links in its text.
//!
//! The tree is all that a page may show. It has no HTML in it and no address but those of [`is_safe`]; what somebody writes as
//! HTML is text. It is bounded: as many nodes as there are characters at most, and [`DEEPEST`] levels, beneath which marks are
//! left out and their text is kept. Whoever draws it can walk it by recursion.

mod address;
mod definitions;
mod links;
mod open;
mod tree;

pub use address::is_safe;
pub use tree::parse;

/// How many elements may stand in each other.
pub const DEEPEST: usize = 12;

/// A piece of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// Text as it was written.
    Text(String),
    /// A line break.
    Break,
    /// A line between two parts.
    Rule,
    /// Code within a line.
    Code(String),
    /// Lines of code.
    CodeBlock(String),
    /// Something with other pieces in it.
    Element(Element, Vec<Node>),
}

/// What holds other pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Element {
    /// Lines that belong together.
    Paragraph,
    /// A headline. A message has no sections, so its level does not matter.
    Heading,
    /// *Emphasis*.
    Emphasis,
    /// **Strong**.
    Strong,
    /// ~~Struck out~~.
    Strike,
    /// Somebody else's words.
    Quote,
    /// A list; with a number, one that counts from there.
    List(Option<u64>),
    /// A point of a list.
    Item,
    /// A link to an address of [`is_safe`].
    Link(String),
}
