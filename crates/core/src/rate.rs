//! How often something may be done.

use std::fmt;

/// So many times within so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many times; at least once.
    pub hits: i64,
    /// Within how many seconds; at least one.
    pub seconds: i64,
}

impl Rate {
    /// Reads `8/60`: eight times a minute. `None` for anything else, and for rates that allow nothing.
    pub fn parse(text: &str) -> Option<Self> {
        let (hits, seconds) = text.split_once('/')?;
        let positive = |text: &str| text.trim().parse::<i64>().ok().filter(|number| *number > 0);
        Some(Self { hits: positive(hits)?, seconds: positive(seconds)? })
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.hits, self.seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_as_they_are_written() {
        let rate = Rate { hits: 8, seconds: 60 };
        assert_eq!(Rate::parse("8/60"), Some(rate));
        assert_eq!(Rate::parse(" 8 / 60 "), Some(rate));
        assert_eq!(rate.to_string(), "8/60");
        for text in ["", "8", "8/", "/60", "0/60", "8/0", "-8/60", "8/60/60", "8/1m"] {
            assert_eq!(Rate::parse(text), None, "{text}");
        }
    }
}
