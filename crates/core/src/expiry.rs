//! When something ends by itself: a block, a protection, a place on a watchlist.

use jiff::{Span, tz};
use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// The end of something, if it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Expiry {
    /// It stays until somebody ends it.
    Never,
    /// It is over from this moment on.
    At(Timestamp),
}

impl Expiry {
    /// Reads what clients send: `infinite` and its synonyms, a moment, or lengths such as `3 days` or
    /// `1 week 2 hours` from now. `None` for anything else; a moment that has passed is given as it is.
    pub fn parse(text: &str, now: Timestamp) -> Option<Self> {
        let text = text.trim();
        if Self::is_never(text) {
            return Some(Self::Never);
        }
        if let Some(at) = relative(text, now) {
            return Some(Self::At(at));
        }
        // A bare number and no text at all are too easily something else than a moment.
        let clear = text.len() > 11 || !text.bytes().all(|b| b.is_ascii_digit());
        if clear && text != "now" { Timestamp::parse(text, now).map(Self::At) } else { None }
    }

    /// Whether a text is one of the words for no end.
    pub fn is_never(text: &str) -> bool {
        matches!(text.trim(), "infinite" | "indefinite" | "infinity" | "never")
    }

    /// From a stored moment.
    pub fn from_stored(at: Option<Timestamp>) -> Self {
        at.map_or(Self::Never, Self::At)
    }

    /// The moment, if there is one.
    pub fn moment(self) -> Option<Timestamp> {
        match self {
            Self::Never => None,
            Self::At(at) => Some(at),
        }
    }

    /// Whether it is over.
    pub fn is_over(self, now: Timestamp) -> bool {
        self.moment().is_some_and(|at| at <= now)
    }

    /// As the API writes it, with a word for no end: MediaWiki has `infinite` in some places, `infinity` in others.
    pub fn iso(self, never: &str) -> String {
        self.moment().map_or_else(|| never.to_owned(), Timestamp::iso)
    }
}

/// `3 days`, `+1 week 2 hours`.
fn relative(text: &str, now: Timestamp) -> Option<Timestamp> {
    let mut span = Span::new();
    let mut words = text.split_whitespace();
    let mut any = false;
    while let Some(number) = words.next() {
        let digits = number.trim_start_matches('+').find(|c: char| !c.is_ascii_digit());
        // `3days` is as good as `3 days`.
        let number = number.trim_start_matches('+');
        let (number, unit) = match digits {
            Some(0) => return None,
            Some(at) => number.split_at(at),
            None => (number, words.next()?),
        };
        let number: i64 = number.parse().ok()?;
        span = add(span, number, unit)?;
        any = true;
    }
    if !any {
        return None;
    }
    let start = jiff::Timestamp::from_second(now.unix()).ok()?.to_zoned(tz::TimeZone::UTC);
    start.checked_add(span).ok().map(|end| Timestamp::from_unix(end.timestamp().as_second()))
}

fn add(span: Span, number: i64, unit: &str) -> Option<Span> {
    let lower = unit.to_ascii_lowercase();
    let unit = lower.strip_suffix('s').unwrap_or(&lower);
    match unit {
        "sec" | "second" => span.try_seconds(span.get_seconds().checked_add(number)?),
        "min" | "minute" => span.try_minutes(span.get_minutes().checked_add(number)?),
        "hour" => span.try_hours(i64::from(span.get_hours()).checked_add(number)?),
        "day" => span.try_days(i64::from(span.get_days()).checked_add(number)?),
        "week" => span.try_weeks(i64::from(span.get_weeks()).checked_add(number)?),
        "fortnight" => span.try_weeks(i64::from(span.get_weeks()).checked_add(number.checked_mul(2)?)?),
        "month" => span.try_months(i64::from(span.get_months()).checked_add(number)?),
        "year" => span.try_years(i64::from(span.get_years()).checked_add(number)?),
        _ => return None,
    }
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix(1_767_323_045); // 2026-01-02T03:04:05Z

    #[test]
    fn every_form_of_an_expiry_is_read() {
        let at = |text| Expiry::parse(text, NOW).map(|expiry| expiry.iso("never"));
        for (text, expected) in [
            ("infinite", "never"),
            (" never ", "never"),
            ("3 days", "2026-01-05T03:04:05Z"),
            ("+1 week", "2026-01-09T03:04:05Z"),
            ("1 month", "2026-02-02T03:04:05Z"),
            ("1 year 2 hours", "2027-01-02T05:04:05Z"),
            ("31 hours 5mins", "2026-01-03T10:09:05Z"),
            ("2 fortnights", "2026-01-30T03:04:05Z"),
            ("90 seconds", "2026-01-02T03:05:35Z"),
            ("2050-01-01T00:00:00Z", "2050-01-01T00:00:00Z"),
            ("20500101000000", "2050-01-01T00:00:00Z"),
            ("2001-01-01T00:00:00Z", "2001-01-01T00:00:00Z"),
        ] {
            assert_eq!(at(text).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "",
            "now",
            "3",
            "days",
            "3 apples",
            "notatime",
            "1 day and",
            "99999999999999999999 years",
            "é3 days",
        ] {
            assert_eq!(at(text), None, "{text}");
        }
    }

    #[test]
    fn an_expiry_is_over_from_its_moment_on() {
        assert!(!Expiry::Never.is_over(NOW));
        assert!(!Expiry::At(NOW + 1).is_over(NOW));
        assert!(Expiry::At(NOW).is_over(NOW));
    }
}
