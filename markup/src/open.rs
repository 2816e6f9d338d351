use crate::{Element, Node, links::linked};

/// An open element. Without an element, the nodes are added to the parent.
pub struct Open {
    pub element: Option<Element>,
    nodes: Vec<Node>,
    /// Text that is not a node yet, because the parser returns text in pieces.
    pub words: String,
    /// Whether addresses in the text become links.
    has_links: bool,
    /// Text that is shown after the content.
    pub unsaid: String,
}

impl Open {
    pub fn new(element: Option<Element>, has_links: bool) -> Self {
        Self { element, nodes: Vec::new(), words: String::new(), has_links, unsaid: String::new() }
    }

    /// Whether the element has no visible content.
    pub fn is_blank(&self) -> bool {
        self.nodes.is_empty() && self.words.chars().all(is_unseen)
    }

    pub fn push(&mut self, node: Node) {
        self.settle();
        self.nodes.push(node);
    }

    pub fn into_nodes(mut self) -> Vec<Node> {
        let is_blank = self.is_blank();
        self.settle();
        if !self.unsaid.is_empty() {
            // The text must not be linked: an unsafe address may contain a safe one.
            self.nodes.push(Node::Text(if is_blank { self.unsaid } else { format!(" ({})", self.unsaid) }));
        }
        self.nodes
    }

    fn settle(&mut self) {
        if !self.words.is_empty() {
            let words = std::mem::take(&mut self.words);
            if self.has_links {
                self.nodes.extend(linked(words));
            } else {
                self.nodes.push(Node::Text(words));
            }
        }
    }
}

/// Whether the character is white space or has no width.
pub fn is_unseen(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}')
}
