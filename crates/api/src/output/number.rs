//! Numbers with a fraction as PHP writes them.

/// How many digits are written.
#[derive(Clone, Copy)]
pub(super) enum Digits {
    /// As many as tell the number from its neighbours: JSON and PHP.
    Shortest,
    /// At most 14: XML.
    Fourteen,
}

/// The number, with `e` before an exponent.
pub(super) fn float(number: f64, digits: Digits, e: char) -> String {
    let (scientific, widest) = match digits {
        Digits::Shortest => (format!("{number:e}"), 17),
        Digits::Fourteen => (format!("{number:.13e}"), 14),
    };
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let all: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let all = match all.trim_end_matches('0') {
        "" => "0",
        trimmed => trimmed,
    };
    // Digits before the point; as C's %G decides, but from one decimal further on.
    let point = exponent + 1;
    if point > widest || point < -3 {
        let (first, rest) = all.split_at(1);
        let rest = if rest.is_empty() { "0" } else { rest };
        return format!("{sign}{first}.{rest}{e}{exponent:+}");
    }
    match usize::try_from(point) {
        Ok(point) if point > 0 => {
            if all.len() <= point {
                format!("{sign}{all:0<point$}")
            } else {
                let (whole, fraction) = all.split_at(point);
                format!("{sign}{whole}.{fraction}")
            }
        }
        _ => format!("{sign}0.{}{all}", "0".repeat(point.unsigned_abs() as usize)),
    }
}
