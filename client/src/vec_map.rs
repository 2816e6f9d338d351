/// A map sorted by key, like `BTreeMap`. The code of `BTreeMap` is a hundred times as large and is generated for each
/// type, which would increase the size of the browser bundle.
#[derive(Clone, Debug)]
pub(crate) struct VecMap<T>(Vec<(String, T)>);

impl<T> VecMap<T> {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn get(&self, key: &str) -> Option<&T> {
        self.search(key).ok().map(|index| &self.0[index].1)
    }

    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut T> {
        self.search(key).ok().map(|index| &mut self.0[index].1)
    }

    /// Returns the value of a key. Inserts it if there is none.
    pub(crate) fn get_or_insert_with(&mut self, key: &str, make: impl FnOnce() -> T) -> &mut T {
        let index = self.search(key).unwrap_or_else(|index| {
            self.0.insert(index, (key.to_owned(), make()));
            index
        });
        &mut self.0[index].1
    }

    pub(crate) fn remove(&mut self, key: &str) -> Option<T> {
        self.search(key).ok().map(|index| self.0.remove(index).1)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|(_, value)| value)
    }

    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut().map(|(_, value)| value)
    }

    fn search(&self, key: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| other.as_str().cmp(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_ordered_by_unique_keys() {
        let mut map = VecMap::new();
        for (key, value) in [("b", 1), ("a", 2), ("c", 3), ("b", 4)] {
            map.get_or_insert_with(key, || value);
        }
        assert_eq!(map.values().copied().collect::<Vec<_>>(), [2, 1, 3]);
        map.values_mut().for_each(|value| *value += 10);
        assert_eq!((map.remove("b"), map.remove("b"), map.get("b")), (Some(11), None, None));
        *map.get_mut("c").unwrap() = 0;
        assert_eq!((map.get("a"), map.get("c")), (Some(&12), Some(&0)));
    }
}
