//! A map that forgets what was not asked for longest when it grows too heavy.

use std::borrow::Borrow;
use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

/// Entries with weights, up to a total.
pub(crate) struct Lru<K, V> {
    entries: HashMap<K, Entry<V>>,
    /// Keys by when they were last asked for.
    order: BTreeMap<u64, K>,
    clock: u64,
    weight: u64,
    most: u64,
}

struct Entry<V> {
    value: V,
    weight: u64,
    used: u64,
}

impl<K: Hash + Eq + Clone, V> Lru<K, V> {
    /// An empty map for entries that weigh at most so much together.
    pub(crate) fn new(most: u64) -> Self {
        Self { entries: HashMap::new(), order: BTreeMap::new(), clock: 0, weight: 0, most }
    }

    /// An entry, which is now the one asked for last.
    pub(crate) fn get<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let entry = self.entries.get_mut(key)?;
        self.clock += 1;
        if let Some(key) = self.order.remove(&entry.used) {
            self.order.insert(self.clock, key);
        }
        entry.used = self.clock;
        Some(&mut entry.value)
    }

    /// An entry, without counting as a question for it.
    pub(crate) fn peek<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.entries.get(key).map(|entry| &entry.value)
    }

    /// Adds an entry. Gives those that had to go for it, which may be the new one itself.
    pub(crate) fn put(&mut self, key: K, value: V, weight: u64) -> Vec<(K, V)> {
        self.remove(&key);
        if weight > self.most {
            return vec![(key, value)];
        }
        self.clock += 1;
        self.order.insert(self.clock, key.clone());
        self.entries.insert(key, Entry { value, weight, used: self.clock });
        self.weight += weight;
        let mut gone = Vec::new();
        while self.weight > self.most
            && let Some(oldest) = self.order.first_entry()
        {
            let key = oldest.get().clone();
            gone.extend(self.remove(&key).map(|value| (key, value)));
        }
        gone
    }

    /// Takes an entry out.
    pub(crate) fn remove<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let entry = self.entries.remove(key)?;
        self.order.remove(&entry.used);
        self.weight -= entry.weight;
        Some(entry.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_asked_for_longest_goes_first() {
        let mut map = Lru::new(10);
        for (key, weight) in [("a", 4), ("b", 4), ("c", 2)] {
            assert_eq!(map.put(key.to_owned(), weight, weight), []);
        }
        assert_eq!(map.get("a"), Some(&mut 4));
        assert_eq!(map.peek("b"), Some(&4));
        assert_eq!(map.put("d".to_owned(), 3, 3), [("b".to_owned(), 4)]);
        assert_eq!(map.put("a".to_owned(), 1, 1), []);
        assert_eq!((map.weight, map.entries.len(), map.order.len()), (6, 3, 3));
        // What is too heavy for all of it doesn't come in.
        assert_eq!(map.put("e".to_owned(), 11, 11), [("e".to_owned(), 11)]);
        assert_eq!((map.weight, map.entries.len(), map.order.len()), (6, 3, 3));
    }
}
