use super::*;

/// A short form of a tree: elements are letters with brackets, text is unchanged.
fn short(nodes: &[Node]) -> String {
    nodes
        .iter()
        .map(|node| match node {
            Node::Text(text) => text.clone(),
            Node::Break => "/".to_owned(),
            Node::Rule => "---".to_owned(),
            Node::Code(code) => format!("c[{code}]"),
            Node::CodeBlock(code) => format!("C[{code}]"),
            Node::Element(element, nodes) => {
                let name = match element {
                    Element::Paragraph => "p".to_owned(),
                    Element::Heading => "h".to_owned(),
                    Element::Emphasis => "e".to_owned(),
                    Element::Strong => "s".to_owned(),
                    Element::Strike => "d".to_owned(),
                    Element::Quote => "q".to_owned(),
                    Element::List(start) => start.map_or("ul".to_owned(), |start| format!("ol{start}")),
                    Element::Item => "li".to_owned(),
                    Element::Link(address) => format!("a({address})"),
                };
                format!("{name}[{}]", short(nodes))
            }
        })
        .collect()
}

#[test]
fn markup_becomes_elements() {
    for (text, tree) in [
        ("plain", "p[plain]"),
        ("**bold** *it* _it_ ~~gone~~ `code`", "p[s[bold] e[it] e[it] d[gone] c[code]]"),
        ("one\ntwo", "p[one/two]"),
        ("one\n\ntwo", "p[one]p[two]"),
        ("> said\n> twice\n\nanswer", "q[p[said/twice]]p[answer]"),
        ("- a\n- b\n  - c", "ul[li[a]li[bul[li[c]]]]"),
        ("3. a\n4. b", "ol3[li[a]li[b]]"),
        ("```rust\nfn a() {}\n\n*b*\n```", "C[fn a() {}\n\n*b*]"),
        ("```\nnot closed", "C[not closed]"),
        ("```let a = 1;\nlet b = 2;\n```", "C[let a = 1;\nlet b = 2;]"),
        ("```print(1)\nprint(2)\n```", "C[print(1)\nprint(2)]"),
        ("> ~~~ a &lt; b\n> c", "q[C[a &lt; b\nc]]"),
        ("```c++\nint a;\n```", "C[int a;]"),
        ("```alone", "C[alone]"),
        ("[12:30]: see you", "p[[12:30]: see you]"),
        ("> [a]: b\n\n[c]: d\n[e]: f\n\n[a] [c]", "q[p[[a]: b]]p[[c]: d/[e]: f]p[[a] [c]]"),
        ("[a]: b\n\n[a]: c 'd'\n[a]:\ne", "p[[a]: b]p[[a]: c 'd'/[a]:/e]"),
        ("`[a]: b`\n```[a]: b\n[a]: c\n```", "p[c[[a]: b]]C[[a]: b\n[a]: c]"),
        ("# Big\ntext", "h[Big]p[text]"),
        ("***", "---"),
        ("", ""),
        ("#", "p[#]"),
        ("- >", "p[- >]"),
        ("[]()", "p[[]()]"),
        ("```\n```", "p[```\n```]"),
        ("[a]: b #", "p[[a]: b #]"),
        ("snake_case_name 2*3*4", "p[snake_case_name 2e[3]4]"),
    ] {
        assert_eq!(short(&parse(text)), tree, "{text:?}");
    }
}

#[test]
fn links_have_safe_addresses_only() {
    for (text, tree) in [
        ("[x](https://a.b/c)", "p[a(https://a.b/c)[x]]"),
        (
            "see https://a.example/c_d_e?f=1&g=2.",
            "p[see a(https://a.example/c_d_e?f=1&g=2)[https://a.example/c_d_e?f=1&g=2].]",
        ),
        ("ana@example.org", "p[a(mailto:ana@example.org)[ana@example.org]]"),
        ("<https://a.b>", "p[a(https://a.b)[https://a.b]]"),
        ("[x](javascript:alert(1))", "p[x (javascript:alert(1))]"),
        ("<javascript:alert(1)>", "p[javascript:alert(1)]"),
        ("[x](javascript:'https://a.b')", "p[x (javascript:'https://a.b')]"),
        ("![x](data:ana@example.org)", "p[x (data:ana@example.org)]"),
        ("<javascript:https://a.b>", "p[javascript:https://a.b]"),
        ("<ana@example.org>", "p[a(mailto:ana@example.org)[ana@example.org]]"),
        ("[x](/r/lobby)", "p[x (/r/lobby)]"),
        ("[](https://a.b)", "p[a(https://a.b)[https://a.b]]"),
        ("![](https://a.b/c.png)", "p[a(https://a.b/c.png)[https://a.b/c.png]]"),
        ("[![x](https://a.b)](https://c.d)", "p[a(https://c.d)[x (https://a.b)]]"),
        ("[![](https://a.b/c.png)](https://c.d)", "p[a(https://c.d)[https://a.b/c.png]]"),
        ("[ \u{200B}](https://a.b)", "p[a(https://a.b)[https://a.b]]"),
        ("[x](https://a.b 'a title')", "p[a(https://a.b)[x (a title)]]"),
        ("[x](/r/lobby 'a title') ![]()", "p[x (/r/lobby a title) ]"),
        ("a [](javascript:alert(1))", "p[a javascript:alert(1)]"),
        ("[**https://a.b**](https://c.d)", "p[a(https://c.d)[s[https://a.b]]]"),
        ("![a picture](https://a.b/c.png)", "p[a(https://a.b/c.png)[a picture]]"),
        ("[x](https://[::1]:80/)", "p[a(https://[::1]:80/)[x]]"),
        ("[x](file://[::1]:80/)", "p[x (file://[::1]:80/)]"),
        ("`https://a.b`", "p[c[https://a.b]]"),
    ] {
        assert_eq!(short(&parse(text)), tree, "{text:?}");
    }
}

#[test]
fn html_is_text() {
    for (text, tree) in [
        ("<b>bold</b>", "p[<b>bold</b>]"),
        ("&lt;b&gt; &amp;&copy; & &x;", "p[&lt;b&gt; &amp;&copy; & &x;]"),
        ("<script>\nalert(1)\n</script>", "<script>\nalert(1)\n</script>"),
        ("<!-- a -->", "<!-- a -->"),
        ("a <img src=x onerror=alert(1)>", "p[a <img src=x onerror=alert(1)>]"),
    ] {
        assert_eq!(short(&parse(text)), tree, "{text:?}");
    }
}

fn depth(nodes: &[Node]) -> usize {
    let inside = |node: &Node| if let Node::Element(_, nodes) = node { 1 + depth(nodes) } else { 0 };
    nodes.iter().map(inside).max().unwrap_or_default()
}

fn count(nodes: &[Node]) -> usize {
    nodes.iter().map(|node| if let Node::Element(_, nodes) = node { 1 + count(nodes) } else { 1 }).sum()
}

#[test]
fn depth_and_size_are_bounded() {
    for mark in ["> ", "- ", "*a ", "**a ", "[a](", "~~", "`", "1. ", "![", "<", "_a*b "] {
        let text: String = mark.repeat(4_000).chars().take(4_000).collect();
        let nodes = parse(&text);
        assert!(depth(&nodes) <= MAX_DEPTH, "{mark:?}");
        assert!(count(&nodes) <= text.len(), "{mark:?}");
    }
    let nodes = parse(&format!("{}deep down", "> ".repeat(1_000)));
    assert!(short(&nodes).contains("deep down"));
    let nodes = parse(&format!("{}[deep](https://a.b)", "> ".repeat(MAX_DEPTH)));
    assert!(short(&nodes).contains("[deep (https://a.b)]"));
}

#[test]
fn definitions_are_parsed_in_one_pass() {
    assert_eq!(parse(&"[a]: b\n\n".repeat(50_000)).len(), 50_000);
}

/// The text and the addresses of a tree.
fn shown(nodes: &[Node]) -> String {
    let shown = |node: &Node| match node {
        Node::Text(words) | Node::Code(words) | Node::CodeBlock(words) => words.clone(),
        Node::Element(Element::Link(address), nodes) => shown(nodes) + address,
        Node::Element(Element::List(Some(start)), nodes) => start.to_string() + &shown(nodes),
        Node::Element(_, nodes) => shown(nodes),
        Node::Break | Node::Rule => String::new(),
    };
    nodes.iter().map(shown).collect()
}

#[test]
fn every_letter_is_kept() {
    let kept = |text: &str| {
        let shown = shown(&parse(text));
        let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        for word in &words {
            let count = |text: &str| text.matches(word).count();
            assert!(count(&shown) >= count(text), "{word:?} of {text:?} in {shown:?}");
        }
    };
    let texts = ["a\0b", "\u{202E}gpj.exe", "e\u{301}\u{301}\u{301}", "مرحبا *عالم*", "4,000 € — “quoted”", "a  b   c"];
    texts.into_iter().for_each(kept);
    let parts = [
        "one",
        " ",
        "\n",
        "\n\n",
        "    ",
        "> ",
        "- ",
        "7. ",
        "# ",
        "***",
        "two_",
        "\\",
        "<b>",
        "&lt;",
        "~~",
        "===",
        "[12:30]: hello",
        "[update]: done 'now'",
        "![](https://a.example/x.png)",
        "![three](https://b.example)",
        "[](https://c.example \"four\")",
        "[five](javascript:six)",
        "<mailto:seven>",
        "[",
        "](https://d.example)",
        "```let x = 1;",
        "```",
        "`",
        "~~~eight nine",
        "]:",
    ];
    for one in parts {
        for two in parts {
            parts.iter().for_each(|three| kept(&[one, two, *three].concat()));
        }
    }
}
