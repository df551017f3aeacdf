//! Points in time, to the second, in the forms that the API takes and gives.

use jiff::{civil, tz};
use serde::{Deserialize, Serialize};

/// Seconds since 1970 (UTC).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(i64);

/// Where the time comes from; a parameter, so that tests can set it.
pub trait Clock: Send + Sync {
    /// The current time.
    fn now(&self) -> Timestamp;
}

/// Where randomness comes from; a parameter, so that tests can seed it.
pub trait Entropy: Send + Sync {
    /// Fills the buffer with unpredictable bytes.
    fn fill(&self, buffer: &mut [u8]);
}

impl Timestamp {
    /// From seconds since 1970.
    pub const fn from_unix(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since 1970.
    pub const fn unix(self) -> i64 {
        self.0
    }

    fn civil(self) -> civil::DateTime {
        let limited = self.0.clamp(-62_135_596_800, 253_402_300_799);
        jiff::Timestamp::from_second(limited).unwrap_or_default().to_zoned(tz::TimeZone::UTC).datetime()
    }

    /// `2026-01-02T03:04:05Z`.
    pub fn iso(self) -> String {
        self.civil().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// `20260102030405`, as archive names and continuation have it.
    pub fn mw14(self) -> String {
        self.civil().strftime("%Y%m%d%H%M%S").to_string()
    }

    /// `Fri, 02 Jan 2026 03:04:05 GMT`.
    pub fn http_date(self) -> String {
        self.civil().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
    }
}

impl std::ops::Add<i64> for Timestamp {
    type Output = Self;

    fn add(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }
}
