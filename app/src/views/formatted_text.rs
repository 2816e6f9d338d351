use leptos::prelude::*;
use markup::{Element, Node};
use protocol::Reply;

use crate::{
    state::{Chat, MessageContent},
    text::{is_emoji_only, is_plain, message_path, split_mentions, words},
};

/// The formatted text of a message, with the quote of the message it replies to.
#[component]
pub fn FormattedText(content: MessageContent, chat: Chat) -> impl IntoView {
    let MessageContent { text, reply, .. } = content;
    let body = if is_plain(&text) && reply.is_none() {
        text.into_any()
    } else if is_emoji_only(&text) {
        view! { <span class="big">{text}</span> }.into_any()
    } else {
        let people = if text.contains('@') { mentionable_names(chat) } else { Vec::new() };
        render_nodes(markup::parse(&text), &RenderContext { people, copy: words::markup::copy(chat.words) })
    };
    (reply.map(|reply| view! { <Quote reply chat /> }), body)
}

/// The names that a mention can match, the user's own first.
fn mentionable_names(chat: Chat) -> Vec<String> {
    let mut names = vec![chat.me.with_value(|me| me.name.clone())];
    if let Some(room) = chat.room_untracked() {
        room.people.with_untracked(|people| names.extend(people.iter().map(|user| user.name.clone())));
    }
    names
}

/// The quote of the message that this one replies to. Links to it.
#[component]
fn Quote(reply: Reply, chat: Chat) -> impl IntoView {
    let href = message_path(&chat.current_room.get_untracked(), reply.seq);
    let words = if reply.text.is_empty() { chat.words.deleted().to_owned() } else { reply.text };
    view! {
        <a class="quote" dir="auto" href=href>
            <span class="quote-author">{reply.author.name}</span>
            " "
            <span class="quote-text">{words}</span>
        </a>
    }
}

/// What the nodes need of the room.
struct RenderContext {
    people: Vec<String>,
    copy: &'static str,
}

fn render_nodes(nodes: Vec<Node>, context: &RenderContext) -> AnyView {
    nodes.into_iter().map(|node| render_node(node, context)).collect_view().into_any()
}

fn render_node(node: Node, context: &RenderContext) -> AnyView {
    match node {
        Node::Text(text) => render_text(&text, &context.people),
        // The style sheet preserves the line break, and copied text includes it.
        Node::Break => "\n".into_any(),
        Node::Rule => view! { <hr /> }.into_any(),
        Node::Code(code) => view! { <code>{code}</code> }.into_any(),
        Node::CodeBlock(code) => render_code_block(code, context.copy),
        Node::Element(element, nodes) => render_element(element, render_nodes(nodes, context)),
    }
}

fn render_element(element: Element, inner: AnyView) -> AnyView {
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

/// The button copies the code before it: `handle_message_click` in `lazy` handles the click.
fn render_code_block(code: String, copy: &'static str) -> AnyView {
    view! {
        <div class="code-block">
            <pre tabindex="0">
                <code>{code}</code>
            </pre>
            <button class="small copy" type="button">
                {copy}
            </button>
        </div>
    }
    .into_any()
}

fn render_text(text: &str, people: &[String]) -> AnyView {
    split_mentions(text, people)
        .into_iter()
        .map(|piece| match piece {
            (words, None) => words.to_owned().into_any(),
            (words, Some(is_me)) => {
                view! { <span class="mention" class:reader=is_me>{words.to_owned()}</span> }.into_any()
            }
        })
        .collect_view()
        .into_any()
}
