/// Things under names, in the names' order, as in a `BTreeMap`: whose code is one hundred times this, for each type anew, and
/// would be paid for in what browsers load.
#[derive(Clone, Debug)]
pub(crate) struct ByName<T>(Vec<(String, T)>);

impl<T> ByName<T> {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&T> {
        self.place(name).ok().map(|place| &self.0[place].1)
    }

    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut T> {
        self.place(name).ok().map(|place| &mut self.0[place].1)
    }

    /// The thing of that name, which is made if there is none.
    pub(crate) fn get_or_insert_with(&mut self, name: &str, make: impl FnOnce() -> T) -> &mut T {
        let place = self.place(name).unwrap_or_else(|place| {
            self.0.insert(place, (name.to_owned(), make()));
            place
        });
        &mut self.0[place].1
    }

    pub(crate) fn remove(&mut self, name: &str) -> Option<T> {
        self.place(name).ok().map(|place| self.0.remove(place).1)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|(_, thing)| thing)
    }

    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut().map(|(_, thing)| thing)
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| other.as_str().cmp(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_stand_in_the_order_of_their_names_one_under_each() {
        let mut things = ByName::new();
        for (name, thing) in [("b", 1), ("a", 2), ("c", 3), ("b", 4)] {
            things.get_or_insert_with(name, || thing);
        }
        assert_eq!(things.values().copied().collect::<Vec<_>>(), [2, 1, 3]);
        things.values_mut().for_each(|thing| *thing += 10);
        assert_eq!((things.remove("b"), things.remove("b"), things.get("b")), (Some(11), None, None));
        *things.get_mut("c").unwrap() = 0;
        assert_eq!((things.get("a"), things.get("c")), (Some(&12), Some(&0)));
    }
}
