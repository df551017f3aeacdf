//! Ids of requests. Each has one, so they are counted from a random number and not drawn: asking the system for
//! randomness takes longer than some answers. They are no secrets.

use std::sync::atomic::{AtomicU64, Ordering};

use commonhold_core::Entropy;

/// Gives out ids that no other process, and no other request, is likely to have.
pub(crate) struct RequestIds {
    first: u128,
    given: AtomicU64,
}

impl RequestIds {
    pub(crate) fn new(entropy: &dyn Entropy) -> Self {
        let mut bytes = [0; 16];
        entropy.fill(&mut bytes[4..]);
        Self { first: u128::from_be_bytes(bytes), given: AtomicU64::new(0) }
    }

    /// The next one: 24 hexadecimal digits.
    pub(crate) fn next(&self) -> String {
        let number = self.first + u128::from(self.given.fetch_add(1, Ordering::Relaxed));
        format!("{:024x}", number % (1 << 96))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Highest;

    impl Entropy for Highest {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(0xFF);
        }
    }

    #[test]
    fn ids_are_different_and_equally_long() {
        let ids = RequestIds::new(&Highest);
        assert_eq!([ids.next(), ids.next()], ["f".repeat(24), "0".repeat(24)]);
        assert_eq!(ids.next(), format!("{:024}", 1));
    }
}
