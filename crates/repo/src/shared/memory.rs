//! What the shared repository said a moment ago, and whether it said anything.

use std::hash::Hash;

use commonhold_core::title::FileTitle;
use commonhold_core::{Sha1, Timestamp};

use super::{SharedCopy, SharedFile};
use crate::lru::Lru;

/// For so long an answer counts.
const ANSWER_SECONDS: i64 = 60;
/// After a failure the other wiki is left alone for so long: not every request should wait for it.
const REST_SECONDS: i64 = 10;
/// The log is told of failures as often as this.
const LOG_SECONDS: i64 = 60;
/// Answers of each kind that are kept; one that names several files counts for as many.
const MAX_ANSWERS: u64 = 4096;

/// Answers to one kind of question, with when they were given.
pub(super) struct Answers<K, A>(Lru<K, (Timestamp, A)>);

impl<K: Hash + Eq + Clone, A> Default for Answers<K, A> {
    fn default() -> Self {
        Self(Lru::new(MAX_ANSWERS))
    }
}

impl<K: Hash + Eq + Clone, A: Clone> Answers<K, A> {
    /// The answer, if there is one that still counts.
    pub(super) fn get(&mut self, key: &K, now: Timestamp) -> Option<A> {
        let (at, answer) = self.0.get(key)?;
        is_recent(*at, now, ANSWER_SECONDS).then(|| answer.clone())
    }

    /// Keeps an answer that names so many files.
    pub(super) fn put(&mut self, key: K, answer: A, files: usize, now: Timestamp) {
        self.0.put(key, (now, answer), files.max(1) as u64);
    }
}

/// What was said, and when there was nothing said.
#[derive(Default)]
pub(super) struct Memory {
    /// Files by name; also that there is none.
    pub(super) files: Answers<FileTitle, Option<SharedFile>>,
    /// Files by content.
    pub(super) copies: Answers<Sha1, Vec<SharedCopy>>,
    failed: Option<Timestamp>,
    logged: Option<Timestamp>,
}

impl Memory {
    /// Whether the other wiki is left alone at present.
    pub(super) fn is_resting(&self, now: Timestamp) -> bool {
        self.failed.is_some_and(|at| is_recent(at, now, REST_SECONDS))
    }

    /// Notes a failure. Tells whether the log should hear of it.
    pub(super) fn rest(&mut self, now: Timestamp) -> bool {
        self.failed = Some(now);
        if self.logged.is_some_and(|at| is_recent(at, now, LOG_SECONDS)) {
            return false;
        }
        self.logged = Some(now);
        true
    }
}

/// Whether something was less than so many seconds ago. What is to come isn't: the clock was put back.
fn is_recent(at: Timestamp, now: Timestamp, seconds: i64) -> bool {
    (0..seconds).contains(&(now.unix() - at.unix()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix(1_000 + seconds)
    }

    #[test]
    fn answers_are_forgotten_after_a_minute_and_when_there_are_too_many() {
        let mut memory = Memory::default();
        let name = FileTitle::from_db("A.png");
        memory.files.put(name.clone(), None, 1, at(0));
        assert_eq!(memory.files.get(&name, at(59)), Some(None));
        assert_eq!(memory.files.get(&name, at(60)), None);
        assert_eq!(memory.files.get(&name, at(-1)), None);
        for n in 0..MAX_ANSWERS {
            memory.files.put(FileTitle::from_db(format!("{n}.png")), None, 1, at(1));
        }
        let first = FileTitle::from_db("0.png");
        assert_eq!(memory.files.get(&first, at(1)), Some(None));
        memory.files.put(name, None, 1, at(1));
        assert_eq!(memory.files.get(&FileTitle::from_db("1.png"), at(1)), None);
        assert_eq!(memory.files.get(&first, at(1)), Some(None));
        memory.files.put(FileTitle::from_db("2.png"), None, MAX_ANSWERS as usize, at(1));
        assert_eq!(memory.files.get(&first, at(1)), None);
    }

    #[test]
    fn a_failure_is_followed_by_a_rest_and_logged_once_a_minute() {
        let mut memory = Memory::default();
        assert!(!memory.is_resting(at(0)));
        assert!(memory.rest(at(0)));
        assert!(memory.is_resting(at(9)) && !memory.is_resting(at(10)));
        assert!(!memory.rest(at(10)) && !memory.rest(at(59)));
        assert!(memory.rest(at(60)));
    }
}
