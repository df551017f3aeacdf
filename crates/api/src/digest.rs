//! Digests of the body that the request's fields announce (RFC 9530).

use std::sync::{Arc, Mutex, PoisonError};

use commonhold_core::{Message, Refusal};
use futures_util::StreamExt;
use http::HeaderMap;
use sfv::{BareItem, Dictionary, ListEntry, Parser};
use sha2::{Digest, Sha256, Sha512};

use crate::body::BodyStream;

/// Both fields are about the body as it is sent, since no request here has a content coding.
const FIELDS: [&str; 2] = ["content-digest", "repr-digest"];

/// What a body has to hash to.
pub(crate) struct Announced(Vec<(Algorithm, Vec<u8>)>);

/// The algorithms that RFC 9530 doesn't advise against. Digests by others are not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Algorithm {
    Sha256,
    Sha512,
}

/// The hashes of a body while it is read.
struct Hashers {
    sha256: Option<Sha256>,
    sha512: Option<Sha512>,
}

/// Tells, once the body has been read, whether it was what was announced.
pub(crate) struct Check {
    announced: Announced,
    hashers: Arc<Mutex<Hashers>>,
}

impl Announced {
    /// Reads the fields; `None` where there are none. Refused: what isn't in the form of RFC 9530, since a sender that
    /// wants its bytes checked must not believe that they were.
    pub(crate) fn read(headers: &HeaderMap) -> Result<Option<Self>, Refusal> {
        let mut all = Vec::new();
        for field in FIELDS {
            for value in headers.get_all(field) {
                let dictionary: Dictionary = Parser::new(value.as_bytes()).parse().map_err(|_| bad(field))?;
                for (name, entry) in &dictionary {
                    let algorithm = match name.as_str() {
                        "sha-256" => Algorithm::Sha256,
                        "sha-512" => Algorithm::Sha512,
                        _ => continue,
                    };
                    let ListEntry::Item(item) = entry else { return Err(bad(field)) };
                    let BareItem::ByteSequence(digest) = &item.bare_item else { return Err(bad(field)) };
                    all.push((algorithm, digest.clone()));
                }
            }
        }
        Ok((!all.is_empty()).then_some(Self(all)))
    }

    /// Hashes a body as it is read.
    pub(crate) fn watch(self, body: BodyStream) -> (BodyStream, Check) {
        let has = |algorithm| self.0.iter().any(|(a, _)| *a == algorithm);
        let hashers = Arc::new(Mutex::new(Hashers {
            sha256: has(Algorithm::Sha256).then(Sha256::new),
            sha512: has(Algorithm::Sha512).then(Sha512::new),
        }));
        let hashing = Arc::clone(&hashers);
        let body = body.inspect(move |frame| {
            if let Ok(bytes) = frame {
                hashing.lock().unwrap_or_else(PoisonError::into_inner).update(bytes);
            }
        });
        (Box::pin(body), Check { announced: self, hashers })
    }
}

impl Hashers {
    fn update(&mut self, bytes: &[u8]) {
        if let Some(hasher) = &mut self.sha256 {
            hasher.update(bytes);
        }
        if let Some(hasher) = &mut self.sha512 {
            hasher.update(bytes);
        }
    }

    fn digest(&self, algorithm: Algorithm) -> Option<Vec<u8>> {
        match algorithm {
            Algorithm::Sha256 => self.sha256.clone().map(|h| h.finalize().to_vec()),
            Algorithm::Sha512 => self.sha512.clone().map(|h| h.finalize().to_vec()),
        }
    }
}

impl Check {
    /// Compares; for a body that has been read to its end.
    pub(crate) fn compare(&self) -> Result<(), Refusal> {
        let hashers = self.hashers.lock().unwrap_or_else(PoisonError::into_inner);
        for (algorithm, announced) in &self.announced.0 {
            if hashers.digest(*algorithm).as_ref() != Some(announced) {
                return Err(Refusal::of(Message::new("checksum-mismatch").with("Content-Digest"))
                    .with("parameter", "Content-Digest"));
            }
        }
        Ok(())
    }
}

fn bad(field: &'static str) -> Refusal {
    Refusal::of(Message::new("badchecksum").with(field)).with("parameter", field)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures_util::stream;
    use http::HeaderValue;

    use super::*;

    const HELLO: &str = "sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:";

    fn announced(value: &'static str) -> Result<Option<Announced>, Refusal> {
        let mut headers = HeaderMap::new();
        headers.insert("content-digest", HeaderValue::from_static(value));
        Announced::read(&headers)
    }

    async fn compare(value: &'static str, frames: &[&'static str]) -> Result<(), Refusal> {
        let frames: Vec<_> = frames.iter().map(|f| Ok(Bytes::from_static(f.as_bytes()))).collect();
        let (mut body, check) = announced(value)?.unwrap().watch(Box::pin(stream::iter(frames)));
        while body.next().await.is_some() {}
        check.compare()
    }

    #[tokio::test]
    async fn a_body_is_compared_with_all_that_was_announced() {
        compare(HELLO, &["hel", "lo"]).await.unwrap();
        assert_eq!(compare(HELLO, &["hello!"]).await.unwrap_err().code, "checksum-mismatch");
        let both = "sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:, sha-512=:AAAA:";
        assert_eq!(compare(both, &["hello"]).await.unwrap_err().code, "checksum-mismatch");
    }

    #[test]
    fn what_is_no_digest_is_refused_and_what_is_unknown_ignored() {
        assert!(announced("md5=:AAAA:").unwrap().is_none());
        for broken in ["sha-256", "sha-256=LPJN", "sha-256=:***:", "=", "sha-256=(:AAAA:)"] {
            assert_eq!(
                announced(broken).err().map(|r| r.code.into_owned()),
                Some("badchecksum".into()),
                "{broken}"
            );
        }
    }
}
