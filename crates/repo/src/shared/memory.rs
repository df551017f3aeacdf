//! What the shared repository said a moment ago, and whether it said anything.

use std::hash::Hash;

use commonhold_core::title::FileTitle;
use commonhold_core::{Sha1, Timestamp};

use super::{SharedCopy, SharedFile, SharedScaling};
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

/// What a question is about.
#[derive(Clone, Copy)]
pub(super) enum About {
    /// Files.
    Files,
    /// Their thumbnails. Whoever asks chooses how much there is to make; if that is too much for the other wiki, it is
    /// still asked for files.
    Thumbnails,
}

/// When the other wiki is left alone.
#[derive(Default)]
pub(super) struct Rest {
    failed: Option<Timestamp>,
    logged: Option<Timestamp>,
}

/// What was said, and when there was nothing said.
#[derive(Default)]
pub(super) struct Memory {
    /// Files by name and wanted thumbnail; also that there is none.
    pub(super) files: Answers<(FileTitle, Option<SharedScaling>), Option<SharedFile>>,
    /// Files by content.
    pub(super) copies: Answers<Sha1, Vec<SharedCopy>>,
    files_rest: Rest,
    thumbnails_rest: Rest,
}

impl Memory {
    /// When no such questions are asked.
    pub(super) fn rest(&mut self, about: About) -> &mut Rest {
        match about {
            About::Files => &mut self.files_rest,
            About::Thumbnails => &mut self.thumbnails_rest,
        }
    }
}

impl Rest {
    /// Whether it is now.
    pub(super) fn is_on(&self, now: Timestamp) -> bool {
        self.failed.is_some_and(|at| is_recent(at, now, REST_SECONDS))
    }

    /// Begins with a failure. Tells whether the log should hear of it.
    pub(super) fn begin(&mut self, now: Timestamp) -> bool {
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
        let named = |name: &str| (FileTitle::from_db(name), None);
        memory.files.put(named("A.png"), None, 1, at(0));
        assert_eq!(memory.files.get(&named("A.png"), at(59)), Some(None));
        assert_eq!(memory.files.get(&named("A.png"), at(60)), None);
        assert_eq!(memory.files.get(&named("A.png"), at(-1)), None);
        for n in 0..MAX_ANSWERS {
            memory.files.put(named(&format!("{n}.png")), None, 1, at(1));
        }
        assert_eq!(memory.files.get(&named("0.png"), at(1)), Some(None));
        memory.files.put(named("A.png"), None, 1, at(1));
        assert_eq!(memory.files.get(&named("1.png"), at(1)), None);
        assert_eq!(memory.files.get(&named("0.png"), at(1)), Some(None));
        memory.files.put(named("2.png"), None, 4096, at(1));
        assert_eq!(memory.files.get(&named("0.png"), at(1)), None);
    }

    #[test]
    fn a_failure_is_followed_by_a_rest_and_logged_once_a_minute() {
        let mut rest = Rest::default();
        assert!(!rest.is_on(at(0)));
        assert!(rest.begin(at(0)));
        assert!(rest.is_on(at(9)) && !rest.is_on(at(10)));
        assert!(!rest.begin(at(10)) && !rest.begin(at(59)));
        assert!(rest.begin(at(60)));
    }
}
