use protocol::{User, limits};

/// The people who are present in a room, as far as they are listed, and their number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct People {
    /// Ordered by name regardless of case, then by id. Bounded: when full, more people are only counted.
    list: Vec<User>,
    count: u64,
}

impl People {
    pub(crate) fn new(people: Vec<User>, count: u64) -> Self {
        let mut these = Self { list: Vec::new(), count };
        these.insert_all(people);
        these
    }

    pub(crate) fn list(&self) -> &[User] {
        &self.list
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Applies a change of who is present.
    pub(crate) fn update(&mut self, joined: Vec<User>, left: &[String], count: u64) {
        self.list.retain(|user| !left.contains(&user.id));
        self.insert_all(joined);
        self.count = count;
    }

    fn insert_all(&mut self, people: Vec<User>) {
        for user in people {
            self.list.retain(|known| known.id != user.id);
            if self.list.len() < limits::PEOPLE {
                let index = self.list.partition_point(|known| sorts_before(known, &user));
                self.list.insert(index, user);
            }
        }
    }
}

/// Compares regardless of the case of ASCII letters only. The table for all letters would increase the size of the
/// browser bundle, and so would the sort of the standard library.
fn sorts_before(one: &User, other: &User) -> bool {
    letters(one).cmp(letters(other)).then_with(|| one.id.cmp(&other.id)).is_lt()
}

fn letters(user: &User) -> impl Iterator<Item = u8> {
    user.name.bytes().map(|byte| byte.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: &str, name: &str) -> User {
        User { id: id.into(), name: name.into() }
    }

    fn ids(people: &People) -> Vec<&str> {
        people.list().iter().map(|user| user.id.as_str()).collect()
    }

    #[test]
    fn people_are_ordered_by_name_and_then_by_id() {
        let people = People::new(vec![user("4", "bob"), user("3", "Ana"), user("2", "Bob"), user("1", "ana")], 4);
        assert_eq!(ids(&people), ["1", "3", "2", "4"]);
    }

    #[test]
    fn person_who_joins_twice_is_listed_once_with_the_latest_name() {
        let mut people = People::new(vec![user("1", "Ana")], 1);
        people.update(vec![user("1", "Ann"), user("2", "Rui")], &[], 2);
        assert_eq!(people.list(), [user("1", "Ann"), user("2", "Rui")]);
    }

    #[test]
    fn count_is_taken_from_the_server() {
        let mut people = People::new(vec![user("1", "Ana"), user("2", "Rui")], 900);
        people.update(vec![], &["1".into(), "unlisted".into()], 898);
        assert_eq!((ids(&people), people.count()), (vec!["2"], 898));
    }

    #[test]
    fn list_is_bounded() {
        let crowd = (0..limits::PEOPLE + 7).map(|n| user(&n.to_string(), "x")).collect();
        let mut people = People::new(crowd, 207);
        assert_eq!(people.list().len(), limits::PEOPLE);
        people.update(vec![user("late", "y")], &[], 208);
        assert_eq!((people.list().len(), people.count()), (limits::PEOPLE, 208));
    }
}
