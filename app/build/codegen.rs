//! Writes the words as Rust code, which `src/text/words.rs` includes.

use super::catalog::{Catalog, ROOM, Word};

/// The group that only the server uses. Each other one belongs to a lazily loaded chunk.
const PAGES: &str = "pages";

/// How many lines of a page's text precede its words: the tag and the plural form of each count.
const FIRST_WORD: usize = 2;

/// Generates the enum `Language`, a method of `Words` for each word of the room, and a module of functions for each
/// other group.
pub fn rust(catalog: &Catalog) -> String {
    let (mut for_server, mut for_browser) = (languages(catalog), String::new());
    for (group, words) in catalog.default_groups() {
        let functions = |function: &dyn Fn(usize, &str, &Word) -> String| -> String {
            words.iter().enumerate().map(|(index, (key, word))| function(index, key, word)).collect()
        };
        let in_code = |parameter: &str| {
            let functions = functions(&|_, key, word| word_in_code(parameter, &catalog.texts(group, key), key, word));
            format!("pub(crate) mod {group} {{ use super::*; {functions} }}\n")
        };
        match group.as_str() {
            ROOM => {
                let methods = functions(&|index, key, word| word_of_page(FIRST_WORD + index, key, word));
                for_browser += &format!("impl Words {{ {methods} }}\n");
            }
            PAGES => for_server += &format!("#[cfg(feature = \"ssr\")] {}", in_code("language: Language")),
            _ => for_browser += &in_code("words: Words"),
        }
    }
    let pages = catalog.pages();
    for_server += &format!("#[cfg(feature = \"ssr\")] const PAGES: [&str; {}] = {pages:?};\n", pages.len());
    format!(
        "{for_server}
        #[cfg_attr(not(feature = \"hydrate\"), expect(dead_code, reason = \"the server does not call all that browsers do\"))]
        mod for_browser {{ use super::*; {for_browser} }}
        pub(crate) use for_browser::*;\n"
    )
}

fn languages(catalog: &Catalog) -> String {
    let languages: Vec<_> = catalog.languages.iter().map(|language| (variant(&language.tag), &language.tag)).collect();
    let each =
        |line: fn(&str, &str) -> String| -> String { languages.iter().map(|(name, tag)| line(name, tag)).collect() };
    format!(
        "/// A language that Sala speaks: a folder of `app/locales`.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub enum Language {{ #[default] {variants} }}
        impl Language {{
            /// All languages, the default first.
            pub const ALL: [Self; {count}] = [{all}];
            /// The language's tag (BCP 47).
            #[must_use]
            pub const fn tag(self) -> &'static str {{ match self {{ {tags} }} }}
        }}\n",
        count = languages.len(),
        variants = each(|name, tag| format!("/// `{tag}`\n{name},")),
        all = each(|name, _| format!("Self::{name},")),
        tags = each(|name, tag| format!("Self::{name} => {tag:?},")),
    )
}

/// `pt-BR` as `PtBr`.
fn variant(tag: &str) -> String {
    let parts = tag.split('-').map(|part| part[..1].to_uppercase() + &part[1..].to_lowercase());
    parts.collect()
}

/// A method that reads its word from the page, at `index`.
fn word_of_page(index: usize, key: &str, word: &Word) -> String {
    let is_plural = matches!(word, Word::Plural(_));
    let text = if is_plural { format!("self.form({index}, count)") } else { format!("self.get({index})") };
    function(if is_plural { &["self", "count: u64"] } else { &["self"] }, key, word, &text)
}

/// A function that holds its word in all languages, which the linker puts only into the chunk that calls it.
fn word_in_code(parameter: &str, texts: &[String], key: &str, word: &Word) -> String {
    let (name, _) = parameter.split_once(':').unwrap_or_default();
    function(&[parameter], key, word, &format!("{name}.choose(&{texts:?})"))
}

fn function(parameters: &[&str], key: &str, word: &Word, text: &str) -> String {
    let arguments = word.arguments();
    let mut parameters: Vec<_> = parameters.iter().map(|&parameter| parameter.to_owned()).collect();
    parameters.extend(arguments.iter().map(|name| format!("{name}: &str")));
    let parameters = parameters.join(", ");
    if arguments.is_empty() {
        format!("pub(crate) fn {key}({parameters}) -> &'static str {{ {text} }}\n")
    } else {
        format!("pub(crate) fn {key}({parameters}) -> String {{ fill({text}, &[{}]) }}\n", arguments.join(", "))
    }
}
