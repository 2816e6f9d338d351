//! Reads the words of all languages, and checks that each language has the same ones.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use intl_pluralrules::{PluralCategory, PluralRuleType, PluralRules};
use serde_json::Value;
use unic_langid::LanguageIdentifier;

/// The language whose words the others must have, and that people get who read none of them.
const DEFAULT: &str = "en";

/// The group whose words the server writes into the page.
pub const ROOM: &str = "room";

/// Separates the words of a page.
const SEPARATOR: &str = "\n";

/// Separates the plural forms of a word.
const FORM_SEPARATOR: &str = "|";

/// The names of plural forms, as endings of keys (`new_messages_one`).
const CATEGORIES: [(PluralCategory, &str); 6] = [
    (PluralCategory::ZERO, "zero"),
    (PluralCategory::ONE, "one"),
    (PluralCategory::TWO, "two"),
    (PluralCategory::FEW, "few"),
    (PluralCategory::MANY, "many"),
    (PluralCategory::OTHER, "other"),
];

/// From 200 on, the plural form of a count depends on its last two digits.
const DISTINCT_COUNTS: usize = 200;

/// The words by group and key.
pub type Groups = BTreeMap<String, BTreeMap<String, Word>>;

/// The words of all languages.
pub struct Catalog {
    /// The languages, the default first.
    pub languages: Vec<LanguageFolder>,
}

/// A language: one folder.
pub struct LanguageFolder {
    /// The folder's name, a BCP 47 tag.
    pub tag: String,
    groups: Groups,
    /// The plural forms that the language has, in the order in which counts need them.
    forms: Vec<&'static str>,
    /// For each count the index of its form. The last one applies to all greater counts.
    form_of_count: String,
}

/// A word: a text, or one for each plural form.
pub enum Word {
    Text(String),
    Plural(BTreeMap<&'static str, String>),
}

impl Catalog {
    /// Reads a folder that has a folder for each language. Fails with everything that is wrong in it.
    pub fn read(folder: &Path) -> Result<Self, Vec<String>> {
        let mut languages = Vec::new();
        for tag in entries(folder)? {
            languages.push(LanguageFolder::read(&folder.join(&tag), tag)?);
        }
        languages.sort_by_key(|language| language.tag != DEFAULT);
        let catalog = Self { languages };
        let problems = catalog.problems();
        if problems.is_empty() { Ok(catalog) } else { Err(problems) }
    }

    /// The words of the default language.
    pub fn default_groups(&self) -> &Groups {
        &self.languages[0].groups
    }

    /// The text of a word in each language, with `{0}`, `{1}` … in place of the arguments. Plural forms are joined.
    pub fn texts(&self, group: &str, key: &str) -> Vec<String> {
        let arguments = self.default_groups()[group][key].arguments();
        let texts = self.languages.iter().map(|language| match &language.groups[group][key] {
            Word::Text(text) => text.clone(),
            Word::Plural(texts) => {
                language.forms.iter().map(|form| texts[form].as_str()).collect::<Vec<_>>().join(FORM_SEPARATOR)
            }
        });
        texts.map(|text| number_arguments(&text, &arguments)).collect()
    }

    /// What the server writes into a page in each language: the tag, the plural form of each count, and the words of
    /// the room.
    pub fn pages(&self) -> Vec<String> {
        let mut pages: Vec<_> =
            self.languages.iter().map(|language| [&*language.tag, &*language.form_of_count].join(SEPARATOR)).collect();
        for key in self.default_groups()[ROOM].keys() {
            for (page, text) in pages.iter_mut().zip(self.texts(ROOM, key)) {
                page.push_str(SEPARATOR);
                page.push_str(&text);
            }
        }
        pages
    }

    fn problems(&self) -> Vec<String> {
        let Some(default) = self.languages.first().filter(|language| language.tag == DEFAULT) else {
            return vec![format!("{DEFAULT} is missing")];
        };
        self.languages.iter().flat_map(|language| language.differences(default)).collect()
    }
}

impl LanguageFolder {
    fn read(folder: &Path, tag: String) -> Result<Self, Vec<String>> {
        let (forms, form_of_count) = plural_forms(&tag).map_err(|problem| vec![format!("{tag}: {problem}")])?;
        let mut groups = Groups::new();
        for file in entries(folder)? {
            let path = folder.join(&file);
            let invalid = |problem: String| vec![format!("{tag}/{file}: {problem}")];
            let text = fs::read_to_string(&path).map_err(|error| invalid(error.to_string()))?;
            let values = serde_json::from_str::<BTreeMap<String, Value>>(&text);
            for (key, value) in values.map_err(|error| invalid(error.to_string()))? {
                match value {
                    Value::String(text) => add(&mut groups, file.trim_end_matches(".json"), &key, text),
                    Value::Object(words) => {
                        for (word, text) in words {
                            let text = text.as_str().ok_or_else(|| invalid(format!("{key}.{word} is not a text")))?;
                            add(&mut groups, &key, &word, text.to_owned());
                        }
                    }
                    _ => return Err(invalid(format!("{key} is neither a text nor a group of texts"))),
                }
            }
        }
        Ok(Self { tag, groups, forms, form_of_count })
    }

    /// What keeps the words of this language from being those of the default one.
    fn differences(&self, default: &Self) -> Vec<String> {
        let tag = &self.tag;
        let keys = |language: &Self| -> BTreeSet<(String, String)> {
            let groups = language.groups.iter();
            groups.flat_map(|(group, words)| words.keys().map(|key| (group.clone(), key.clone()))).collect()
        };
        let (here, there) = (keys(self), keys(default));
        let missing = there.difference(&here).map(|(group, key)| format!("{tag} lacks {group}.{key}"));
        let unknown = here.difference(&there).map(|(group, key)| format!("{tag} has {group}.{key}, {DEFAULT} has not"));
        let mut problems: Vec<_> = missing.chain(unknown).collect();
        for (group, key) in here.intersection(&there) {
            let (word, original) = (&self.groups[group][key], &default.groups[group][key]);
            problems
                .extend(self.problem(group, word, original).map(|problem| format!("{tag}: {group}.{key} {problem}")));
        }
        problems
    }

    fn problem(&self, group: &str, word: &Word, original: &Word) -> Option<String> {
        let expected: BTreeSet<_> = original.arguments().into_iter().collect();
        for text in word.texts() {
            if text.is_empty() {
                return Some("is empty".into());
            }
            if text.contains(SEPARATOR) || text.contains(FORM_SEPARATOR) {
                return Some(format!("contains a line break or {FORM_SEPARATOR}"));
            }
            let Some(arguments) = arguments(text) else { return Some("has unbalanced braces".into()) };
            if arguments.iter().collect::<BTreeSet<_>>() != expected.iter().collect() {
                return Some(format!("has the arguments {arguments:?} instead of {expected:?}"));
            }
        }
        match (word, original) {
            (Word::Text(_), Word::Text(_)) => None,
            (Word::Plural(_), _) if group != ROOM => Some(format!("has plural forms, which only {ROOM} may")),
            (Word::Plural(texts), Word::Plural(_)) => {
                let is_complete = texts.keys().collect::<BTreeSet<_>>() == self.forms.iter().collect();
                (!is_complete).then(|| format!("must have the plural forms {:?}", self.forms))
            }
            _ => Some(format!("has plural forms either here or in {DEFAULT}")),
        }
    }
}

impl Word {
    fn texts(&self) -> Vec<&String> {
        match self {
            Self::Text(text) => vec![text],
            Self::Plural(texts) => texts.values().collect(),
        }
    }

    /// The names of the arguments, in the order of the first text.
    pub fn arguments(&self) -> Vec<String> {
        self.texts().first().and_then(|text| arguments(text)).unwrap_or_default()
    }
}

/// The names in a folder, sorted, without hidden files.
fn entries(folder: &Path) -> Result<BTreeSet<String>, Vec<String>> {
    let read = || -> std::io::Result<BTreeSet<String>> {
        let names = fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
        names.filter(|name| !name.as_ref().is_ok_and(|name| name.starts_with('.'))).collect()
    };
    read().map_err(|error| vec![format!("{}: {error}", folder.display())])
}

fn add(groups: &mut Groups, group: &str, key: &str, text: String) {
    let words = groups.entry(group.to_owned()).or_default();
    let form = CATEGORIES.iter().find_map(|(_, name)| Some((key.strip_suffix(name)?.strip_suffix('_')?, *name)));
    match form {
        None => _ = words.insert(key.to_owned(), Word::Text(text)),
        Some((key, form)) => {
            let word = words.entry(key.to_owned()).or_insert_with(|| Word::Plural(BTreeMap::new()));
            if let Word::Plural(texts) = word {
                texts.insert(form, text);
            }
        }
    }
}

/// The plural forms of a language (CLDR), and the index of the form of each count.
fn plural_forms(tag: &str) -> Result<(Vec<&'static str>, String), String> {
    let full: LanguageIdentifier = tag.parse().map_err(|_| "is not a BCP 47 tag".to_owned())?;
    let base = LanguageIdentifier::from_parts(full.language, None, None, &[]);
    let create = |language| PluralRules::create(language, PluralRuleType::CARDINAL);
    let rules = create(full).or_else(|_| create(base)).map_err(|_| "has no plural rules in CLDR".to_owned())?;
    let mut forms = Vec::new();
    let mut form_of_count = String::new();
    for count in 0..DISTINCT_COUNTS {
        let category = rules.select(count)?;
        let (_, name) = CATEGORIES.iter().find(|(each, _)| *each == category).ok_or("has an unknown plural form")?;
        let index = forms.iter().position(|form| form == name).unwrap_or_else(|| {
            forms.push(*name);
            forms.len() - 1
        });
        form_of_count.push_str(&index.to_string());
    }
    // The last index stands for all that follow.
    let last = form_of_count.pop().unwrap_or('0');
    form_of_count.truncate(form_of_count.trim_end_matches(last).len());
    form_of_count.push(last);
    Ok((forms, form_of_count))
}

/// The names of the arguments in a text, `{{ name }}` each. `None` if a brace is not part of one.
fn arguments(text: &str) -> Option<Vec<String>> {
    let mut pieces = text.split("{{");
    let has_brace = |text: &str| text.contains(['{', '}']);
    if has_brace(pieces.next()?) {
        return None;
    }
    let mut arguments = Vec::new();
    for piece in pieces {
        let (name, rest) = piece.split_once("}}")?;
        if has_brace(name) || has_brace(rest) {
            return None;
        }
        if !arguments.iter().any(|known| known == name.trim()) {
            arguments.push(name.trim().to_owned());
        }
    }
    Some(arguments)
}

/// A text with `{0}`, `{1}` … in place of its arguments.
fn number_arguments(text: &str, arguments: &[String]) -> String {
    let mut pieces = text.split("{{");
    let mut numbered = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once("}}").unwrap_or_default();
        let index = arguments.iter().position(|argument| argument == name.trim()).unwrap_or_default();
        numbered.push_str(&format!("{{{index}}}{rest}"));
    }
    numbered
}
