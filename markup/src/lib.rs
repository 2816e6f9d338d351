//! Parses the markup of a message, which is Markdown and plain links, into a tree.
//!
//! The tree is all that a page may show. It contains no HTML, and only addresses that [`is_safe`] accepts. HTML in a
//! message is text. The tree is bounded: it has at most as many nodes as the message has characters, and at most
//! [`MAX_DEPTH`] levels. Beneath these levels, markup is dropped and its text is kept. A renderer can therefore walk the
//! tree by recursion.

mod address;
mod definitions;
mod links;
mod open_element;
mod tree;

pub use address::is_safe;
pub use tree::parse;

/// How deep elements may be nested.
pub const MAX_DEPTH: usize = 12;

/// A node of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// Text as it was written.
    Text(String),
    /// A line break.
    Break,
    /// A horizontal rule.
    Rule,
    /// Inline code.
    Code(String),
    /// A block of code.
    CodeBlock(String),
    /// An element with its child nodes.
    Element(Element, Vec<Node>),
}

/// An element that contains nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Element {
    /// A paragraph.
    Paragraph,
    /// A heading. Its level is dropped, because a message has no sections.
    Heading,
    /// *Emphasis*.
    Emphasis,
    /// **Strong**.
    Strong,
    /// ~~Struck out~~.
    Strike,
    /// A quote.
    Quote,
    /// A list; with a number, an ordered list that starts with it.
    List(Option<u64>),
    /// An item of a list.
    Item,
    /// A link to an address that [`is_safe`] accepts.
    Link(String),
}
