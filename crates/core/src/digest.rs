//! SHA-1, which the API shows, and SHA-256, which with the length decides whether two files are the same.

use std::fmt;

use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};

/// A SHA-1 hash.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Sha1(pub [u8; 20]);

/// A SHA-256 hash.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Sha256(pub [u8; 32]);

/// What a run of bytes hashes to, and how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hashes {
    /// Bytes.
    pub size: u64,
    /// What the API shows.
    pub sha1: Sha1,
    /// Identity, together with `size`.
    pub sha256: Sha256,
}

const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
const BASE36_LEN: usize = 31;

fn to_hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for b in bytes {
        out.push(DIGITS[usize::from(b >> 4)].into());
        out.push(DIGITS[usize::from(b & 15)].into());
    }
    out
}

fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let text = text.as_bytes();
    if text.len() != N * 2 {
        return None;
    }
    let nibble = |b: u8| char::from(b).to_digit(16).map(|d| d as u8);
    let mut out = [0; N];
    for (byte, pair) in out.iter_mut().zip(text.chunks_exact(2)) {
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Some(out)
}

impl Sha1 {
    /// The hash of some bytes that are at hand.
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha1::Sha1::digest(bytes).into())
    }

    /// 40 lower-case hexadecimal digits.
    pub fn hex(&self) -> String {
        to_hex(&self.0)
    }

    /// 40 hexadecimal digits of either case.
    pub fn from_hex(text: &str) -> Option<Self> {
        from_hex(text).map(Self)
    }

    /// 31 lower-case digits in base 36, padded with zeros, as logs and `aisha1base36` have it.
    pub fn base36(&self) -> String {
        let mut number = self.0;
        let mut out = vec![b'0'; BASE36_LEN];
        for digit in out.iter_mut().rev() {
            let mut rest = 0u32;
            for byte in &mut number {
                let value = rest << 8 | u32::from(*byte);
                *byte = (value / 36) as u8;
                rest = value % 36;
            }
            *digit = DIGITS[rest as usize];
        }
        String::from_utf8_lossy(&out).into_owned()
    }

    /// The inverse of [`Sha1::base36`]; `None` for another length, other digits or a number over 160 bits.
    pub fn from_base36(text: &str) -> Option<Self> {
        if text.len() != BASE36_LEN {
            return None;
        }
        let mut number = [0u8; 20];
        for c in text.bytes() {
            let mut carry = DIGITS.iter().position(|d| *d == c)? as u32;
            for byte in number.iter_mut().rev() {
                let value = u32::from(*byte) * 36 + carry;
                *byte = value as u8;
                carry = value >> 8;
            }
            if carry != 0 {
                return None;
            }
        }
        Some(Self(number))
    }
}

impl Sha256 {
    /// 64 lower-case hexadecimal digits.
    pub fn hex(&self) -> String {
        to_hex(&self.0)
    }

    /// 64 hexadecimal digits of either case.
    pub fn from_hex(text: &str) -> Option<Self> {
        from_hex(text).map(Self)
    }
}

impl fmt::Debug for Sha1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hex())
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hex())
    }
}

/// An MD5 in hexadecimal. It tells what was spoilt by accident, nothing else.
pub fn md5_hex(bytes: &[u8]) -> String {
    Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base36_matches_a_known_pair_and_round_trips() {
        let sha1 = Sha1::from_hex("29e2a6ded9c0f1cfa6891f4e5e4de6112ceb2638").unwrap();
        assert_eq!(sha1.base36(), "4w4wqsf878499xapxpzieg2l4o0po3c");
        assert_eq!(Sha1::from_base36(&sha1.base36()), Some(sha1));
        assert_eq!(Sha1::from_base36(&Sha1([255; 20]).base36()), Some(Sha1([255; 20])));
    }

    #[test]
    fn malformed_hashes_are_refused() {
        for bad in ["", "29e2", "zz", &"z".repeat(31), &"A".repeat(31)] {
            assert_eq!(Sha1::from_base36(bad), None, "{bad}");
            assert_eq!(Sha1::from_hex(bad), None, "{bad}");
        }
    }
}
