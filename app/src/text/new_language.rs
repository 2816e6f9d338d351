//! Proves on a copy of `app/locales` that a new language is one more folder, and which mistakes in it fail the build.

use std::{fs, path::Path};

use tempfile::TempDir;

use super::words::Words;

#[path = "../../build/catalog.rs"]
mod catalog;
#[path = "../../build/codegen.rs"]
mod codegen;

use catalog::Catalog;

const POLISH: [(&str, &str); 3] =
    [("one", "nowa wiadomość"), ("few", "nowe wiadomości"), ("many", "nowych wiadomości")];

#[test]
fn a_new_language_is_one_more_folder() {
    let locales = with_polish(|text| text);
    let catalog = Catalog::read(locales.path()).unwrap();
    let tags: Vec<_> = catalog.languages.iter().map(|language| language.tag.as_str()).collect();
    assert!(tags.is_sorted());
    let index = tags.iter().position(|tag| *tag == "pl").unwrap();
    let code = codegen::rust(&catalog);
    for expected in ["Self::Pl => \"pl\"", "\"Polski\"", &format!("const PAGES: [&str; {}]", tags.len())] {
        assert!(code.contains(expected), "{expected} is missing");
    }
    let words = Words::read(catalog.pages().swap_remove(index));
    assert_eq!(words.close(), "Zamknij");
    for (count, form) in
        [(0, 2), (1, 0), (2, 1), (4, 1), (5, 2), (12, 2), (22, 1), (101, 2), (103, 1), (112, 2), (1_024, 1)]
    {
        assert_eq!(words.new_messages(count, "n"), format!("n {}", POLISH[form].1), "{count}");
    }
}

#[test]
fn a_language_with_other_words_fails_the_build() {
    type Edit = fn(String) -> String;
    let cases: [(Edit, &str); 8] = [
        (|text| text.replace("  \"send\": \"Send\",\n", ""), "pl lacks room.send"),
        (|text| text.replace("\"reply\":", "\"answer\":"), "pl lacks menu.reply"),
        (|text| text.replace("\"send\":", "\"say\": \"Say\",\n\"send\":"), "pl has room.say, en has not"),
        (
            |text| text.replace("{{ room }}", "{{ sala }}"),
            "pl: room.leave has the arguments [\"sala\"] instead of {\"room\"}",
        ),
        (|text| text.replace("Leave {{ room }}", "Leave {{ room }"), "pl: room.leave has unbalanced braces"),
        (|text| text.replace("\"Send\"", "\"\""), "pl: room.send is empty"),
        (|text| text.replace("\"Send\"", "\"Send\\n\""), "pl: room.send contains a line break or |"),
        (
            |text| text.replace("new_messages_few", "new_messages_two"),
            "pl: room.new_messages must have the plural forms [\"many\", \"one\", \"few\"]",
        ),
    ];
    for (edit, problem) in cases {
        let locales = with_polish(edit);
        let problems = Catalog::read(locales.path()).err().unwrap_or_default();
        assert!(problems.iter().any(|each| each == problem), "{problem}: {problems:?}");
    }
}

/// A copy of `app/locales` with Polish, made from the English files, which `edit` changes.
fn with_polish(edit: fn(String) -> String) -> TempDir {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("locales");
    let copy = TempDir::new().unwrap();
    for language in fs::read_dir(&source).unwrap() {
        let language = language.unwrap();
        fs::create_dir(copy.path().join(language.file_name())).unwrap();
        for file in fs::read_dir(language.path()).unwrap() {
            let file = file.unwrap().path();
            fs::copy(&file, copy.path().join(file.strip_prefix(&source).unwrap())).unwrap();
        }
    }
    // Polish may be among the folders already.
    fs::create_dir_all(copy.path().join("pl")).unwrap();
    for file in ["lazy.json", "pages.json", "room.json"] {
        let english = fs::read_to_string(source.join("en").join(file)).unwrap();
        fs::write(copy.path().join("pl").join(file), edit(in_polish(&english))).unwrap();
    }
    copy
}

/// Enough of it to tell the languages apart, and all plural forms.
fn in_polish(english: &str) -> String {
    let translated = english.replace("\"English\"", "\"Polski\"").replace("\"Close\"", "\"Zamknij\"");
    let lines = translated.lines().flat_map(|line| match line.split_once("_other\":") {
        None if line.contains("_one\":") => Vec::new(),
        None => vec![line.to_owned()],
        Some((key, text)) => {
            let forms = POLISH.map(|(form, polish)| {
                format!("{key}_{form}\":{}", text.replace("new messages", polish).trim_end_matches(','))
            });
            vec![forms.join(",\n") + if text.ends_with(',') { "," } else { "" }]
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}
