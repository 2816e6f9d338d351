use crate::{Element, Node, links::link_addresses};

/// An open element. Without an element, the nodes are added to the parent.
pub struct OpenElement {
    pub element: Option<Element>,
    nodes: Vec<Node>,
    /// Text that is not a node yet, because the parser returns text in pieces.
    pub text: String,
    /// Whether addresses in the text become links.
    has_links: bool,
    /// Text that is shown after the content.
    pub suffix: String,
}

impl OpenElement {
    pub fn new(element: Option<Element>, has_links: bool) -> Self {
        Self { element, nodes: Vec::new(), text: String::new(), has_links, suffix: String::new() }
    }

    /// Whether the element has no visible content.
    pub fn is_blank(&self) -> bool {
        self.nodes.is_empty() && self.text.chars().all(is_invisible)
    }

    pub fn push(&mut self, node: Node) {
        self.flush_text();
        self.nodes.push(node);
    }

    pub fn into_nodes(mut self) -> Vec<Node> {
        let is_blank = self.is_blank();
        self.flush_text();
        if !self.suffix.is_empty() {
            // The text must not be linked: an unsafe address may contain a safe one.
            self.nodes.push(Node::Text(if is_blank { self.suffix } else { format!(" ({})", self.suffix) }));
        }
        self.nodes
    }

    fn flush_text(&mut self) {
        if !self.text.is_empty() {
            let text = std::mem::take(&mut self.text);
            if self.has_links {
                self.nodes.extend(link_addresses(text));
            } else {
                self.nodes.push(Node::Text(text));
            }
        }
    }
}

/// Whether the character is white space or has no width.
pub fn is_invisible(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}')
}
