use linkify::{LinkFinder, LinkKind};

use crate::{Element, Node, is_safe};

/// Text, with what is an address in it as links.
pub fn linked(text: String) -> Vec<Node> {
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
