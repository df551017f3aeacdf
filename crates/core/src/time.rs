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

    /// Reads what clients send: ISO 8601, 14 digits, seconds since 1970, the forms of SQL and HTTP, `now`; an empty
    /// text and `0` are the current time too. `None` for anything else.
    pub fn parse(text: &str, now: Timestamp) -> Option<Self> {
        let text = text.trim();
        if matches!(text, "" | "0" | "now") {
            return Some(now);
        }
        let in_utc = |at: civil::DateTime| {
            at.to_zoned(tz::TimeZone::UTC).ok().map(|z| Self(z.timestamp().as_second()))
        };
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        if digits && text.len() == 14 {
            return civil::DateTime::strptime("%Y%m%d%H%M%S", text).ok().and_then(in_utc);
        }
        if digits && text.len() <= 11 {
            return text.parse().ok().map(Self);
        }
        if let Ok(at) = text.parse::<jiff::Timestamp>() {
            return Some(Self(at.as_second()));
        }
        if let Ok(at) = jiff::fmt::rfc2822::parse(text) {
            return Some(Self(at.timestamp().as_second()));
        }
        let forms = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y%m%dT%H%M%SZ"];
        forms.iter().find_map(|form| civil::DateTime::strptime(form, text).ok()).and_then(in_utc)
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

    /// `03:04, 2 January 2026`, for people.
    pub fn reading(self) -> String {
        self.civil().strftime("%H:%M, %-d %B %Y").to_string()
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

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix(1_700_000_000);

    #[test]
    fn every_form_of_a_time_is_read() {
        let expected = Some(Timestamp::from_unix(1_767_323_045));
        for text in [
            "2026-01-02T03:04:05Z",
            "20260102030405",
            "1767323045",
            "2026-01-02 03:04:05",
            "2026-01-02T05:04:05+02:00",
            "Fri, 02 Jan 2026 03:04:05 GMT",
            "20260102T030405Z",
        ] {
            assert_eq!(Timestamp::parse(text, NOW), expected, "{text}");
        }
        for text in ["now", "", "0"] {
            assert_eq!(Timestamp::parse(text, NOW), Some(NOW), "{text}");
        }
        for text in ["notatime", "2026-13-01T00:00:00Z", "99999999999999", "-5", "1e9"] {
            assert_eq!(Timestamp::parse(text, NOW), None, "{text}");
        }
    }

    #[test]
    fn times_are_written_in_every_form() {
        let at = Timestamp::from_unix(1_767_323_045);
        assert_eq!(at.iso(), "2026-01-02T03:04:05Z");
        assert_eq!(at.mw14(), "20260102030405");
        assert_eq!(at.reading(), "03:04, 2 January 2026");
        assert_eq!(at.http_date(), "Fri, 02 Jan 2026 03:04:05 GMT");
    }
}
