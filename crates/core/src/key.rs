//! Keys: of stored bytes, and of what a user has in the stash.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::time::{Entropy, Timestamp};

/// The single-use name of stored bytes: 26 characters of Crockford's base 32, sortable by birth (a ULID).
///
/// Never derived from content or title, and never used twice: see ARCHITECTURE.md.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BlobKey(String);

const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl BlobKey {
    /// A fresh key.
    pub fn new(now: Timestamp, entropy: &dyn Entropy) -> Self {
        let mut random = [0u8; 16];
        entropy.fill(&mut random);
        let millis = u128::from(now.unix().unsigned_abs()) * 1000;
        let value = (millis << 80) | (u128::from_be_bytes(random) >> 48);
        let text = (0..26).rev().map(|i| char::from(CROCKFORD[(value >> (5 * i)) as usize & 31])).collect();
        Self(text)
    }

    /// Reads a key back; `None` unless it has the form that [`BlobKey::new`] gives.
    pub fn parse(text: &str) -> Option<Self> {
        let valid = text.len() == 26 && text.bytes().all(|b| CROCKFORD.contains(&b));
        valid.then(|| Self(text.to_owned()))
    }

    /// The 26 characters; safe in paths.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// When the key was made, to the second.
    pub fn born(&self) -> Timestamp {
        let digit = |b: u8| CROCKFORD.iter().position(|c| *c == b).unwrap_or(0) as i64;
        let millis = self.0.bytes().take(10).fold(0, |n, b| n << 5 | digit(b));
        Timestamp::from_unix(millis / 1000)
    }
}

impl TryFrom<String> for BlobKey {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not a blob key")
    }
}

impl From<BlobKey> for String {
    fn from(key: BlobKey) -> Self {
        key.0
    }
}

impl fmt::Display for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The key of a stash entry, `time.random.user.extension`; opaque to clients, made by [`FileKey::new`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FileKey(String);

impl FileKey {
    /// A fresh key for a user's file. `extension` is empty where the content has none of its own.
    pub fn new(now: Timestamp, entropy: &dyn Entropy, user_id: i64, extension: &str) -> Self {
        let mut random = [0u8; 12];
        entropy.fill(&mut random);
        let number = |bytes: &[u8]| bytes.iter().fold(0u64, |number, byte| (number << 8) | u64::from(*byte));
        let (moment, salt) = random.split_at(4);
        let micros = number(moment) % 100_000_000;
        let salt = number(salt);
        let time = base36(now.unix().unsigned_abs() * 100_000_000 + micros);
        Self(format!("{time}.{}.{user_id}.{extension}", base36(salt)))
    }

    /// Checks a key that a client sent: letters, digits, `_`, `-` and `.`, with at least one dot, and nothing but
    /// letters, digits and `_` after the last.
    pub fn parse(text: &str) -> Option<Self> {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let (stem, extension) = text.rsplit_once('.')?;
        let valid = text.len() <= 255
            && !stem.is_empty()
            && stem.chars().all(|c| word(c) || c == '-' || c == '.')
            && extension.chars().all(word);
        valid.then(|| Self(text.to_owned()))
    }

    /// As the client sees it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn base36(mut n: u64) -> String {
    let mut out = Vec::new();
    loop {
        out.push(char::from_digit((n % 36) as u32, 36).unwrap_or('0'));
        n /= 36;
        if n == 0 {
            return out.into_iter().rev().collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(u8);
    impl Entropy for Fixed {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(self.0);
        }
    }

    #[test]
    fn a_blob_key_reads_back_and_knows_its_age() {
        let now = Timestamp::from_unix(1_800_000_000);
        let key = BlobKey::new(now, &Fixed(7));
        assert_eq!(BlobKey::parse(key.as_str()), Some(key.clone()));
        assert_eq!(key.born(), now);
        assert!(key < BlobKey::new(Timestamp::from_unix(1_800_000_001), &Fixed(0)));
        assert_eq!(BlobKey::parse("../../../etc/passwd/aaaaaaa"), None);
    }

    #[test]
    fn file_keys_of_the_contract_are_accepted_and_others_refused() {
        for good in ["1d3qroc9mp94.ql8yos.1.jpg", "1d3.htahsq.1.", "a-b_c.x"] {
            assert!(FileKey::parse(good).is_some(), "{good}");
        }
        for bad in ["nonsense", "../../x.png", "", "a b.png", "x.p-g", ".png", "x.png\n", "é.png"] {
            assert!(FileKey::parse(bad).is_none(), "{bad}");
        }
        let made = FileKey::new(Timestamp::from_unix(1_800_000_000), &Fixed(9), 12, "png");
        assert_eq!(FileKey::parse(made.as_str()), Some(made));
    }
}
