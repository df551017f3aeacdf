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
