//! Both hashes of a stream in one pass, resumable between requests and across restarts.

use std::fmt;

use commonhold_core::{Hashes, Sha1, Sha256};
use digest::Digest;
use digest::common::hazmat::{SerializableState, SerializedState};

use crate::{Error, Result};

/// The form of a saved state. It changes whenever the hashers' own form does, so that old states are recognised.
const FORMAT: u8 = 1;

/// A running SHA-1 and SHA-256, and the number of bytes they have seen.
#[derive(Clone, Default)]
pub struct Hashing {
    size: u64,
    sha1: sha1::Sha1,
    sha256: sha2::Sha256,
}

impl Hashing {
    /// Before the first byte.
    pub fn new() -> Self {
        Self::default()
    }

    /// Goes on.
    pub fn update(&mut self, bytes: &[u8]) {
        // Each piece stays in the processor's cache for the second hash.
        for piece in bytes.chunks(16 * 1024) {
            self.sha1.update(piece);
            self.sha256.update(piece);
        }
        self.size += bytes.len() as u64;
    }

    /// Its two halves, for two threads that see the same bytes.
    pub(crate) fn split(self) -> (sha1::Sha1, sha2::Sha256) {
        (self.sha1, self.sha256)
    }

    /// Joins halves that have both seen so many bytes.
    pub(crate) fn join(size: u64, sha1: sha1::Sha1, sha256: sha2::Sha256) -> Self {
        Self { size, sha1, sha256 }
    }

    /// Bytes so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The hashes of what came so far.
    pub fn hashes(&self) -> Hashes {
        Hashes {
            size: self.size,
            sha1: Sha1(self.sha1.clone().finalize().into()),
            sha256: Sha256(self.sha256.clone().finalize().into()),
        }
    }

    /// The state as bytes, about 200 of them.
    pub fn save(&self) -> Vec<u8> {
        let mut out = vec![FORMAT];
        out.extend_from_slice(&self.size.to_be_bytes());
        out.extend_from_slice(&self.sha1.serialize());
        out.extend_from_slice(&self.sha256.serialize());
        out
    }

    /// Goes on from a saved state.
    pub fn resume(saved: &[u8]) -> Result<Self> {
        let parse = || {
            let (&FORMAT, rest) = saved.split_first()? else { return None };
            let (size, rest) = rest.split_first_chunk::<8>()?;
            let (sha1, sha256) = rest.split_at_checked(size_of::<SerializedState<sha1::Sha1>>())?;
            Some(Self {
                size: u64::from_be_bytes(*size),
                sha1: sha1::Sha1::deserialize(sha1.try_into().ok()?).ok()?,
                sha256: sha2::Sha256::deserialize(sha256.try_into().ok()?).ok()?,
            })
        };
        parse().ok_or(Error::HashState)
    }
}

impl fmt::Debug for Hashing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hashing").field("size", &self.size).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(len: usize) -> Vec<u8> {
        (0..len).map(|i| (i % 251) as u8).collect()
    }

    #[test]
    fn hashes_are_those_of_the_standards() {
        let mut hashing = Hashing::new();
        hashing.update(b"a");
        hashing.update(b"bc");
        let hashes = hashing.hashes();
        assert_eq!(hashes.size, 3);
        assert_eq!(hashes.sha1.hex(), "a9993e364706816aba3e25717850c26c9cd0d89d");
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hashes.sha256.hex(), sha256);
    }

    #[test]
    fn asking_for_hashes_does_not_end_the_run() {
        let (mut asked, mut straight) = (Hashing::new(), Hashing::new());
        asked.update(b"one");
        let _ = asked.hashes();
        asked.update(b"two");
        straight.update(b"onetwo");
        assert_eq!(asked.hashes(), straight.hashes());
    }

    #[test]
    fn a_resumed_run_ends_like_a_straight_one() {
        let text = text(40_000);
        let mut straight = Hashing::new();
        straight.update(&text);
        for at in [0, 1, 55, 56, 63, 64, 65, 16 * 1024, 39_999, 40_000] {
            let mut first = Hashing::new();
            first.update(&text[..at]);
            let mut second = Hashing::resume(&first.save()).unwrap();
            assert_eq!(second.size(), at as u64);
            second.update(&text[at..]);
            assert_eq!(second.hashes(), straight.hashes(), "{at}");
        }
    }

    /// Uploads survive an update of the server, so the form may only change together with `FORMAT`.
    #[test]
    fn the_saved_form_is_stable() {
        let golden = include_str!("hashing.golden").trim();
        let byte = |i| u8::from_str_radix(&golden[i..i + 2], 16).unwrap();
        let saved: Vec<u8> = (0..golden.len()).step_by(2).map(byte).collect();
        let mut hashing = Hashing::new();
        hashing.update(&text(100));
        assert_eq!(hashing.save(), saved);
        let mut resumed = Hashing::resume(&saved).unwrap();
        resumed.update(b"!");
        hashing.update(b"!");
        assert_eq!(resumed.hashes(), hashing.hashes());
    }

    #[test]
    fn other_forms_are_refused() {
        let saved = Hashing::new().save();
        let mut other_format = saved.clone();
        other_format[0] += 1;
        let mut longer = saved.clone();
        longer.push(0);
        for bad in [&[][..], &saved[..saved.len() - 1], &other_format, &longer] {
            assert!(matches!(Hashing::resume(bad), Err(Error::HashState)));
        }
    }
}
