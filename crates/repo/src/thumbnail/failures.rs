//! Thumbnails that couldn't be made: for an hour it isn't tried again.

use std::sync::{Mutex, PoisonError};

use commonhold_core::{BlobKey, Timestamp};
use commonhold_media::thumb::Failure;

use crate::decoders::RenderFailure;
use crate::lru::Lru;

/// For so long a failure counts.
const COUNTS_SECONDS: i64 = 3600;
/// After so many failures the answer is that there were too many.
const MOST: u32 = 4;
/// Files whose failures are remembered.
const MAX_FILES: u64 = 10_000;

/// What is known of thumbnails that a file can't have.
struct Record {
    since: Timestamp,
    /// How often the answer was a failure.
    answered: u32,
    /// By the parameters of the thumbnail; without any if it is the file's fault.
    failed: Vec<(String, RenderFailure)>,
}

/// The failures of the last hour.
pub(super) struct Failures(Mutex<Lru<BlobKey, Record>>);

/// What is known before it is tried.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// It failed.
    Failed(RenderFailure),
    /// It, or others of the file, failed so often that not even the reason is worth an answer.
    TooOften,
}

impl Default for Failures {
    fn default() -> Self {
        Self(Mutex::new(Lru::new(MAX_FILES)))
    }
}

impl Failures {
    /// Whether a thumbnail failed within the last hour; counts as an answer.
    pub(super) fn answer(&self, blob: &BlobKey, params: &str, now: Timestamp) -> Option<Known> {
        let mut files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let record = files.get(blob)?;
        let known = record.known(params, now);
        if known.is_some() {
            record.answered += 1;
        }
        known
    }

    /// The same, not counted.
    pub(super) fn peek(&self, blob: &BlobKey, params: &str, now: Timestamp) -> Option<RenderFailure> {
        let files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let record = files.peek(blob).filter(|record| record.counts(now))?;
        record
            .find(params)
            .or_else(|| record.failed.first().filter(|_| record.is_full()))
            .map(|(_, f)| f.clone())
    }

    /// Remembers a failure.
    pub(super) fn note(&self, blob: &BlobKey, params: &str, failure: &RenderFailure, now: Timestamp) {
        // Whether another size would do is worth trying where the size was the matter.
        let whole = matches!(
            failure,
            RenderFailure::Failed(Failure::TooLarge { .. } | Failure::Unsupported(_) | Failure::Damaged(_))
        );
        let params = if whole { String::new() } else { params.to_owned() };
        let mut files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if files.get(blob).is_none_or(|record| !record.counts(now)) {
            files.put(blob.clone(), Record { since: now, answered: 0, failed: Vec::new() }, 1);
        }
        if let Some(record) = files.get(blob) {
            record.answered += 1;
            // Several that were begun at once may have failed for one reason.
            if record.find(&params).is_none() {
                record.failed.push((params, failure.clone()));
            }
        }
    }
}

impl Record {
    fn counts(&self, now: Timestamp) -> bool {
        (0..COUNTS_SECONDS).contains(&(now.unix() - self.since.unix()))
    }

    fn is_full(&self) -> bool {
        self.failed.len() >= MOST as usize
    }

    fn find(&self, params: &str) -> Option<&(String, RenderFailure)> {
        self.failed.iter().find(|(failed, _)| failed.is_empty() || failed == params)
    }

    fn known(&self, params: &str, now: Timestamp) -> Option<Known> {
        if !self.counts(now) {
            return None;
        }
        let failed = self.find(params);
        if (failed.is_some() && self.answered >= MOST) || self.is_full() {
            return Some(Known::TooOften);
        }
        failed.map(|(_, failure)| Known::Failed(failure.clone()))
    }
}

#[cfg(test)]
mod tests {
    use commonhold_core::Entropy;

    use super::*;

    struct Fixed;

    impl Entropy for Fixed {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(7);
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix(1_000_000 + seconds)
    }

    #[test]
    fn a_file_that_failed_is_not_tried_for_an_hour() {
        let (failures, blob) = (Failures::default(), BlobKey::new(at(0), &Fixed));
        let damaged = RenderFailure::Failed(Failure::Damaged("bits".to_owned()));
        assert_eq!(failures.answer(&blob, "9px", at(0)), None);
        failures.note(&blob, "9px", &damaged, at(0));
        for params in ["9px", "10px", "9px"] {
            assert_eq!(failures.peek(&blob, params, at(1)), Some(damaged.clone()));
            assert_eq!(failures.answer(&blob, params, at(1)), Some(Known::Failed(damaged.clone())));
        }
        assert_eq!(failures.answer(&blob, "9px", at(3599)), Some(Known::TooOften));
        assert_eq!(failures.answer(&blob, "9px", at(3600)), None);
        assert_eq!(failures.peek(&blob, "9px", at(3600)), None);
        failures.note(&blob, "9px", &damaged, at(3600));
        assert_eq!(failures.answer(&blob, "9px", at(3601)), Some(Known::Failed(damaged)));
    }

    #[test]
    fn a_reason_that_several_find_is_one() {
        let (failures, blob) = (Failures::default(), BlobKey::new(at(0), &Fixed));
        for _ in 0..2 {
            failures.note(&blob, "1px", &RenderFailure::TooSlow, at(0));
            failures.note(&blob, "2px", &RenderFailure::TooSlow, at(0));
        }
        assert_eq!(failures.answer(&blob, "9px", at(0)), None);
    }

    #[test]
    fn another_size_is_tried_where_the_size_was_the_matter() {
        let (failures, blob) = (Failures::default(), BlobKey::new(at(0), &Fixed));
        for params in ["1px", "2px", "3px"] {
            failures.note(&blob, params, &RenderFailure::TooSlow, at(0));
            assert_eq!(failures.peek(&blob, params, at(0)), Some(RenderFailure::TooSlow));
            assert_eq!(failures.answer(&blob, "9px", at(0)), None);
        }
        failures.note(&blob, "4px", &RenderFailure::Crashed, at(0));
        assert_eq!(failures.answer(&blob, "9px", at(0)), Some(Known::TooOften));
        assert_eq!(failures.peek(&blob, "9px", at(0)), Some(RenderFailure::TooSlow));
    }
}
