use leptos::prelude::*;
use markup::{Element, Node};
use protocol::Reply;

use crate::{
    state::{Chat, Said},
    text::{is_big, message_path, pieces},
};

/// What a message says, with its marks. `me` is the name that is a mention of the reader.
#[component]
pub fn Body(said: Said, me: String) -> impl IntoView {
    let Said { text, reply, .. } = said;
    let quote = reply.map(|reply| view! { <Quote reply /> });
    let content = if is_big(&text) {
        view! { <span class="big">{text}</span> }.into_any()
    } else {
        drawn(markup::parse(&text), &me)
    };
    (quote, content)
}

/// The message that this one answers, and the way to it.
#[component]
fn Quote(reply: Reply) -> impl IntoView {
    let room = use_context::<Chat>().map(|chat| chat.current.get_untracked()).unwrap_or_default();
    let words = if reply.text.is_empty() { "This message was deleted.".to_owned() } else { reply.text };
    view! {
        <a class="quote" dir="auto" href=message_path(&room, reply.seq)>
            <span class="quote-author">{reply.author.name}</span>
            " "
            <span class="quote-text">{words}</span>
        </a>
    }
}

fn drawn(nodes: Vec<Node>, me: &str) -> AnyView {
    nodes.into_iter().map(|node| piece(node, me)).collect_view().into_any()
}

fn piece(node: Node, me: &str) -> AnyView {
    match node {
        Node::Text(text) => words(&text, me),
        // The style sheet breaks the line there, and what is copied has it too.
        Node::Break => "\n".into_any(),
        Node::Rule => view! { <hr /> }.into_any(),
        Node::Code(code) => view! { <code>{code}</code> }.into_any(),
        Node::CodeBlock(code) => block(code),
        Node::Element(element, nodes) => inside(element, drawn(nodes, me)),
    }
}

fn inside(element: Element, inner: AnyView) -> AnyView {
    match element {
        Element::Paragraph => view! { <p dir="auto">{inner}</p> }.into_any(),
        Element::Heading => view! { <p dir="auto"><strong>{inner}</strong></p> }.into_any(),
        Element::Emphasis => view! { <em>{inner}</em> }.into_any(),
        Element::Strong => view! { <strong>{inner}</strong> }.into_any(),
        Element::Strike => view! { <del>{inner}</del> }.into_any(),
        Element::Quote => view! { <blockquote>{inner}</blockquote> }.into_any(),
        Element::List(None) => view! { <ul>{inner}</ul> }.into_any(),
        Element::List(Some(start)) => view! { <ol start=start.to_string()>{inner}</ol> }.into_any(),
        Element::Item => view! { <li dir="auto">{inner}</li> }.into_any(),
        Element::Link(address) => {
            view! { <a href=address target="_blank" rel="noopener nofollow ugc">{inner}</a> }.into_any()
        }
    }
}

/// The button copies what stands before it: see [`super::deeds`].
fn block(code: String) -> AnyView {
    view! {
        <div class="code-block">
            <pre tabindex="0">
                <code>{code}</code>
            </pre>
            <button type="button" class="small copy">
                "Copy"
            </button>
        </div>
    }
    .into_any()
}

fn words(text: &str, me: &str) -> AnyView {
    pieces(text, me)
        .into_iter()
        .map(|piece| match piece {
            (words, None) => words.to_owned().into_any(),
            (words, Some(is_me)) => {
                view! { <span class="mention" class:me=is_me>{words.to_owned()}</span> }.into_any()
            }
        })
        .collect_view()
        .into_any()
}
