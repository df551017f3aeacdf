//! Checksums that a sender gives, so that nothing is kept that isn't what was sent. MediaWiki has none of this.

use std::io::{self, Read, Seek, SeekFrom};

use commonhold_blob::Place;
use commonhold_core::{Hashes, Message, Refusal, Sha1, Sha256};
use serde::{Deserialize, Serialize};
use sha2::Digest;

use crate::{Error, Repository, Result};

/// Bytes that are read at a time.
const BLOCK: usize = 64 * 1024;

/// What the sender knows of the bytes.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Checksums {
    /// The SHA-256 of the chunk in this request.
    pub chunk_sha256: Option<Sha256>,
    /// The SHA-1 of the whole file.
    pub sha1: Option<Sha1>,
    /// The SHA-256 of the whole file.
    pub sha256: Option<Sha256>,
}

impl Checksums {
    /// Compares with the whole file.
    pub(crate) fn check_whole(&self, hashes: &Hashes) -> Result<(), Refusal> {
        if let Some(sent) = self.sha1.filter(|sent| *sent != hashes.sha1) {
            return Err(mismatch("sha1", &sent.hex(), &hashes.sha1.hex()));
        }
        if let Some(sent) = self.sha256.filter(|sent| *sent != hashes.sha256) {
            return Err(mismatch("sha256", &sent.hex(), &hashes.sha256.hex()));
        }
        Ok(())
    }

    /// Compares with the chunk.
    pub(crate) fn check_chunk(&self, found: Sha256) -> Result<(), Refusal> {
        match self.chunk_sha256 {
            Some(sent) if sent != found => Err(mismatch("chunksha256", &sent.hex(), &found.hex())),
            _ => Ok(()),
        }
    }
}

fn mismatch(parameter: &'static str, sent: &str, found: &str) -> Refusal {
    Refusal::of(Message::new("checksum-mismatch").with(parameter))
        .with("parameter", parameter)
        .with("expected", sent)
        .with("found", found)
}

impl Repository {
    /// The SHA-256 of some bytes of a place.
    pub(crate) async fn sha256_of(&self, place: Place, from: u64, to: u64) -> Result<Sha256> {
        let blobs = self.blobs.clone();
        let job = move || hash(&mut *blobs.open(&place)?, from, to).map_err(Error::Inspection);
        self.media.run(job).await?
    }
}

fn hash(source: &mut (impl Read + Seek + ?Sized), from: u64, to: u64) -> io::Result<Sha256> {
    source.seek(SeekFrom::Start(from))?;
    let mut hasher = sha2::Sha256::new();
    let mut buffer = vec![0; BLOCK];
    let mut left = to - from;
    while left > 0 {
        let most = usize::try_from(left).unwrap_or(BLOCK).min(BLOCK);
        source.read_exact(&mut buffer[..most])?;
        hasher.update(&buffer[..most]);
        left -= most as u64;
    }
    Ok(Sha256(hasher.finalize().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_asked_for_bytes_are_hashed() {
        let mut source = io::Cursor::new(b"0123456789");
        let expected = Sha256(sha2::Sha256::digest(b"345").into());
        assert_eq!(hash(&mut source, 3, 6).unwrap(), expected);
        assert!(hash(&mut source, 3, 11).is_err());
    }

    #[test]
    fn what_is_not_given_is_not_compared() {
        let hashes = Hashes { size: 3, sha1: Sha1([1; 20]), sha256: Sha256([2; 32]) };
        assert!(Checksums::default().check_whole(&hashes).is_ok());
        let sha1 = Checksums { sha1: Some(Sha1([9; 20])), ..Checksums::default() };
        assert_eq!(sha1.check_whole(&hashes).unwrap_err().code, "checksum-mismatch");
        let right =
            Checksums { sha1: Some(Sha1([1; 20])), sha256: Some(Sha256([2; 32])), chunk_sha256: None };
        assert!(right.check_whole(&hashes).is_ok());
        assert!(sha1.check_chunk(Sha256([7; 32])).is_ok());
    }
}
