use protocol::User;

use super::{Words, listed};

/// Who else came and went, in words.
pub fn news(before: &[User], after: &[User], me: &str, words: Words) -> Option<String> {
    let missing = |from: &[User], here: &[User]| -> Vec<String> {
        let is_new = |user: &&User| user.id != me && from.iter().all(|other| other.id != user.id);
        here.iter().filter(is_new).map(|user| user.name.clone()).collect()
    };
    let (joined, left) = (missing(before, after), missing(after, before));
    let mut parts = Vec::new();
    if !joined.is_empty() {
        parts.push(words.joined(joined.len() as u64, &listed(&joined, words)));
    }
    if !left.is_empty() {
        parts.push(words.left(left.len() as u64, &listed(&left, words)));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preferences::Language;

    #[test]
    fn says_who_else_came_and_went() {
        let in_english = Words::of(Language::English);
        let people = |names: &[&str]| -> Vec<User> {
            names.iter().map(|name| User { id: format!("u_{name}"), name: (*name).to_owned() }).collect()
        };
        for (before, after, words) in [
            (&["Ana"][..], &["Ana", "Rui"][..], Some("Rui joined")),
            (&["Ana", "Rui"], &["Ana"], Some("Rui left")),
            (&["Ana", "Rui"], &["Ana", "Bea", "Zoe"], Some("Bea and Zoe joined, Rui left")),
            (&["Rui"], &["Ana", "Rui"], None),
            (&["Ana", "Rui"], &["Rui", "Ana"], None),
            (&["Ana"], &["Ana", "B", "C", "D", "E"], Some("B, C and 2 others joined")),
        ] {
            let said = news(&people(before), &people(after), "u_Ana", in_english);
            assert_eq!(said.as_deref(), words, "{before:?} {after:?}");
        }
    }
}
