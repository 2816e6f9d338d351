use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use crate::{
    Element, MAX_DEPTH, Node,
    definitions::{disable_definitions, restore},
    links::Link,
    open_element::{OpenElement, is_invisible},
};

/// Parses a message.
#[must_use]
pub fn parse(text: &str) -> Vec<Node> {
    let text = &*disable_definitions(text);
    let mut tree = Tree { text, open: vec![OpenElement::new(None, true)], in_links: 0, code: None };
    for (event, place) in Parser::new_ext(text, Options::ENABLE_STRIKETHROUGH).into_offset_iter() {
        tree.handle(event, place);
    }
    while tree.open.len() > 1 {
        tree.close();
    }
    let nodes = tree.open.pop().map(OpenElement::into_nodes).unwrap_or_default();
    if text.is_empty() || nodes.iter().any(is_visible) {
        return nodes;
    }
    // A message that consists of markup only, such as `#`, is shown as text.
    vec![Node::Element(Element::Paragraph, vec![Node::Text(restore(text).into_owned())])]
}

fn is_visible(node: &Node) -> bool {
    match node {
        Node::Text(words) | Node::Code(words) | Node::CodeBlock(words) => !words.chars().all(is_invisible),
        Node::Break => false,
        Node::Rule => true,
        Node::Element(_, nodes) => nodes.iter().any(is_visible),
    }
}

/// The tree while it is built.
struct Tree<'a> {
    text: &'a str,
    /// The open elements, from the root to the innermost; never empty.
    open: Vec<OpenElement>,
    in_links: usize,
    /// In a code block, its info string.
    code: Option<String>,
}

impl Tree<'_> {
    fn handle(&mut self, event: Event<'_>, place: Range<usize>) {
        match event {
            Event::Start(tag) => self.open(&tag, &place),
            Event::End(TagEnd::CodeBlock) => self.close_code(),
            Event::End(_) => self.close(),
            Event::Text(words) if self.code.is_some() => self.push_text(&words),
            // Entities are shown as they were written: people who write `&lt;` mean these characters.
            Event::Text(words) => match self.text.get(place) {
                Some(written) if written.starts_with('&') => self.push_text(written),
                _ => self.push_text(&words),
            },
            Event::Html(html) | Event::InlineHtml(html) => self.push_text(&html),
            Event::Code(code) | Event::InlineMath(code) | Event::DisplayMath(code) => {
                self.push(Node::Code(restore(&code).into_owned()))
            }
            Event::SoftBreak | Event::HardBreak => self.push(Node::Break),
            Event::Rule => self.push(Node::Rule),
            Event::FootnoteReference(_) | Event::TaskListMarker(_) => {
                self.push_text(self.text.get(place).unwrap_or_default());
            }
        }
    }

    fn open(&mut self, tag: &Tag<'_>, place: &Range<usize>) {
        let link = Link::of(tag);
        let element = match tag {
            Tag::Paragraph => Some(Element::Paragraph),
            Tag::Heading { .. } => Some(Element::Heading),
            Tag::BlockQuote(_) => Some(Element::Quote),
            Tag::List(start) => Some(Element::List(*start)),
            Tag::Item => Some(Element::Item),
            Tag::Emphasis => Some(Element::Emphasis),
            Tag::Strong => Some(Element::Strong),
            Tag::Strikethrough => Some(Element::Strike),
            Tag::Link { .. } | Tag::Image { .. } => link.as_ref().and_then(Link::element),
            Tag::CodeBlock(kind) => {
                self.code = Some(match kind {
                    CodeBlockKind::Fenced(_) => info_string(self.text.get(place.start..).unwrap_or_default()),
                    CodeBlockKind::Indented => String::new(),
                });
                None
            }
            // The content of an HTML block follows as a separate event. The parser returns other tags only with options
            // that are not set.
            _ => None,
        };
        // A nested link would have two targets.
        let element = element.filter(|element| !(self.in_links > 0 && matches!(element, Element::Link(_))));
        let element = element.filter(|_| self.open.len() <= MAX_DEPTH);
        self.in_links += usize::from(matches!(element, Some(Element::Link(_))));
        let has_links = self.in_links == 0 && !link.as_ref().is_some_and(|link| link.is_bare);
        let suffix = link.map(|link| link.suffix(element.is_some()));
        let mut open = OpenElement::new(element, has_links);
        open.suffix = suffix.unwrap_or_default();
        self.open.push(open);
    }

    fn close(&mut self) {
        let Some(mut open) = self.open.pop() else { return };
        let element = open.element.take();
        if let Some(Element::Link(address)) = &element {
            self.in_links -= 1;
            if open.is_blank() {
                address.clone_into(&mut open.text);
            }
        }
        let nodes = open.into_nodes();
        let innermost = self.innermost();
        match element {
            Some(element) => innermost.push(Node::Element(element, nodes)),
            None => nodes.into_iter().for_each(|node| innermost.push(node)),
        }
    }

    fn close_code(&mut self) {
        let info = self.code.take().unwrap_or_default();
        let code = self.open.pop().map(|open| open.text).unwrap_or_default();
        let code = code.strip_suffix('\n').unwrap_or(&code);
        self.push(Node::CodeBlock(match (info.is_empty() || is_language(&info), code.is_empty()) {
            (_, true) => info,
            (true, false) => code.to_owned(),
            (false, false) => [&info, "\n", code].concat(),
        }));
    }

    fn push(&mut self, node: Node) {
        self.innermost().push(node);
    }

    fn push_text(&mut self, words: &str) {
        self.innermost().text.push_str(&restore(words));
    }

    fn innermost(&mut self) -> &mut OpenElement {
        self.open.last_mut().expect("the root is closed last")
    }
}

/// Returns the info string of a fence as it was written. It may be code, in which the parser would replace entities.
fn info_string(block: &str) -> String {
    let line = block.trim_start().split(['\n', '\r']).next().unwrap_or_default();
    let info = line.trim_start_matches(if line.starts_with('~') { '~' } else { '`' });
    restore(info.trim()).into_owned()
}

/// Whether the text is a language such as `rust` or `c++`. Any other info string is the first line of the code.
fn is_language(info: &str) -> bool {
    info.chars().all(|c| c.is_alphanumeric() || matches!(c, '+' | '#' | '-' | '.' | '_'))
}

#[cfg(test)]
mod tests;
