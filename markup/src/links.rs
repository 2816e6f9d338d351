use linkify::{LinkFinder, LinkKind};
use pulldown_cmark::{LinkType, Tag};

use crate::{Element, Node, definitions::restore, is_safe};

/// A link, or an image, which is shown as a link to it.
pub struct Link {
    address: String,
    title: String,
    /// Whether the text of the link is its address.
    pub is_bare: bool,
}

impl Link {
    pub fn of(tag: &Tag<'_>) -> Option<Self> {
        let (Tag::Link { link_type, dest_url, title, .. } | Tag::Image { link_type, dest_url, title, .. }) = tag else {
            return None;
        };
        let address = restore(dest_url);
        Some(Self {
            address: if *link_type == LinkType::Email { format!("mailto:{address}") } else { address.into_owned() },
            title: restore(title).into_owned(),
            is_bare: matches!(link_type, LinkType::Autolink | LinkType::Email),
        })
    }

    /// The link element, if the address is safe.
    pub fn element(&self) -> Option<Element> {
        is_safe(&self.address).then(|| Element::Link(self.address.clone()))
    }

    /// The text to show after the link: its title, and its address if it is shown nowhere else.
    pub fn suffix(self, is_visible: bool) -> String {
        let address = if is_visible || self.is_bare { String::new() } else { self.address };
        let between = if address.is_empty() || self.title.is_empty() { "" } else { " " };
        [&address, between, &self.title].concat()
    }
}

/// Converts text to nodes, in which addresses are links.
pub fn link_addresses(text: String) -> Vec<Node> {
    let spans: Vec<_> = LinkFinder::new().spans(&text).collect();
    let address = |span: &linkify::Span<'_>| match span.kind()? {
        LinkKind::Email => Some(format!("mailto:{}", span.as_str())),
        _ => Some(span.as_str().to_owned()),
    };
    let mut nodes = Vec::with_capacity(spans.len());
    for span in &spans {
        let words = Node::Text(span.as_str().to_owned());
        nodes.push(match address(span).filter(|address| is_safe(address)) {
            Some(address) => Node::Element(Element::Link(address), vec![words]),
            None => words,
        });
    }
    nodes
}
