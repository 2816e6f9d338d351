#[cfg(any(feature = "hydrate", test))]
use protocol::User;

use super::{Words, number};

/// Joins names: "Ana", "Ana and Rui", "Ana, Rui and 3 others".
pub fn list_names(names: &[String], words: Words) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [one, two] => words.two(one, two),
        [one, two, three] => words.three(one, two, three),
        [one, two, rest @ ..] => words.many(one, two, &number(rest.len() as u64)),
    }
}

/// Describes which people other than `me` joined and left between two lists of people: "Ana joined, Rui left".
#[cfg(any(feature = "hydrate", test))]
pub fn describe_presence_change(before: &[User], after: &[User], me: &str, words: Words) -> Option<String> {
    let added = |from: &[User], to: &[User]| -> Vec<String> {
        let is_new = |user: &&User| user.id != me && from.iter().all(|other| other.id != user.id);
        to.iter().filter(is_new).map(|user| user.name.clone()).collect()
    };
    let (joined, left) = (added(before, after), added(after, before));
    let mut parts = Vec::new();
    if !joined.is_empty() {
        parts.push(words.joined(joined.len() as u64, &list_names(&joined, words)));
    }
    if !left.is_empty() {
        parts.push(words.left(left.len() as u64, &list_names(&left, words)));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preferences::Language;

    #[test]
    fn describes_who_else_joined_and_left() {
        let in_english = Words::of(Language::En);
        let people = |names: &[&str]| -> Vec<User> {
            names.iter().map(|name| User { id: format!("u_{name}"), name: (*name).to_owned() }).collect()
        };
        for (before, after, expected) in [
            (&["Ana"][..], &["Ana", "Rui"][..], Some("Rui joined")),
            (&["Ana", "Rui"], &["Ana"], Some("Rui left")),
            (&["Ana", "Rui"], &["Ana", "Bea", "Zoe"], Some("Bea and Zoe joined, Rui left")),
            (&["Rui"], &["Ana", "Rui"], None),
            (&["Ana", "Rui"], &["Rui", "Ana"], None),
            (&["Ana"], &["Ana", "B", "C", "D", "E"], Some("B, C and 2 others joined")),
        ] {
            let described = describe_presence_change(&people(before), &people(after), "u_Ana", in_english);
            assert_eq!(described.as_deref(), expected, "{before:?} {after:?}");
        }
    }
}
