//! Style sheets in drawings: whether they load or run something.

/// The most style that one element may have.
pub(crate) const SHEET_LIMIT: usize = 10_000_000;

/// Whether style, read as browsers do, has something in it that it must not have.
///
/// What looks like a comment may be within a string or an address, so nothing is loaded from within comments either.
pub(crate) fn is_hostile_style(css: &str) -> bool {
    let plain: String = unescape(css).chars().map(fold).collect();
    let plain = plain.to_lowercase();
    is_hostile(&without_comments(&plain))
        || plain.contains("@import")
        || ["url", "image-set"].iter().any(|name| has_foreign_function(&plain, name))
}

/// Whether (lower-cased) style has something in it that it must not have.
pub(crate) fn is_hostile(css: &str) -> bool {
    let css = css.to_lowercase();
    let has_control =
        css.chars().any(|c| (c < ' ' && !matches!(c, '\t' | '\n' | '\r' | '\u{c}')) || c == '\u{7f}');
    has_control
        || ["@import", "expression", "-o-link:", "-o-link-source:", "-o-replace:"]
            .iter()
            .any(|w| css.contains(w))
        || ["url", "image", "image-set"].iter().any(|name| has_foreign_function(&css, name))
}

/// Whether there is an `url(…)` that isn't one of a part of the same file.
pub(crate) fn has_foreign_url(css: &str) -> bool {
    arguments(css, "url").any(|(_, argument)| !is_fragment(argument))
}

fn has_foreign_function(css: &str, name: &str) -> bool {
    let mut blocks = Blocks::new(css);
    arguments(css, name).any(|(at, argument)| !is_fragment(argument) && !blocks.is_font(at, argument))
}

/// What follows the opening parenthesis of each use of a function, with where its name starts.
fn arguments<'c>(css: &'c str, name: &'c str) -> impl Iterator<Item = (usize, &'c str)> {
    css.match_indices(name).filter_map(move |(at, _)| {
        let rest = css[at + name.len()..].trim_start().strip_prefix('(')?;
        Some((at, rest.trim_start()))
    })
}

fn is_fragment(argument: &str) -> bool {
    let argument = argument.strip_prefix(['"', '\'']).unwrap_or(argument);
    argument.trim_start().starts_with('#')
}

/// Follows the blocks of a style sheet; each character is looked at once, however many addresses there are.
struct Blocks<'c> {
    css: &'c str,
    at: usize,
    is_font_face: bool,
}

impl<'c> Blocks<'c> {
    fn new(css: &'c str) -> Self {
        Self { css, at: 0, is_font_face: false }
    }

    /// Whether an address at a place is that of a font in the style itself. Places come in order.
    fn is_font(&mut self, at: usize, argument: &str) -> bool {
        for (brace, character) in self.css[self.at..at].match_indices(['{', '}']) {
            let before = self.css[..self.at + brace].trim_end();
            self.is_font_face = character == "{" && before.ends_with("@font-face");
        }
        self.at = at;
        let before = self.css[..at].trim_end();
        let is_source = before.strip_suffix(':').is_some_and(|b| b.trim_end().ends_with("src"));
        let argument = argument.strip_prefix(['"', '\'']).unwrap_or(argument);
        self.is_font_face && is_source && argument.starts_with("data:;base64,")
    }
}

/// Resolves `\41 ` and `\A`; an escaped line end vanishes.
fn unescape(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let digits = rest.bytes().take(6).take_while(u8::is_ascii_hexdigit).count();
        if digits > 0 {
            let code = u32::from_str_radix(&rest[..digits], 16).ok().and_then(char::from_u32);
            // What no browser shows must not be shown to the rules as something harmless.
            out.push(code.filter(|c| *c != '\0').unwrap_or('\u{FFFD}'));
            rest = &rest[digits..];
            rest = rest
                .strip_prefix("\r\n")
                .or_else(|| rest.strip_prefix([' ', '\t', '\n', '\r', '\u{c}']))
                .unwrap_or(rest);
        } else if let Some(shorter) =
            rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix(['\n', '\r', '\u{c}']))
        {
            rest = shorter;
        } else if let Some(c) = rest.chars().next() {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out.push_str(rest);
    out
}

/// Full-width and small-capital letters were read as plain ones by some browsers.
fn fold(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => u32::from(c).checked_sub(0xFEE0).and_then(char::from_u32).unwrap_or(c),
        '\u{0280}' => 'r',
        '\u{0274}' | '\u{207F}' => 'n',
        '\u{029F}' => 'l',
        '\u{026A}' => 'i',
        '\u{02E2}' => 's',
        _ => c,
    }
}

/// Puts blanks in place of comments, and drops what follows one that doesn't end.
fn without_comments(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(at) = rest.find("/*") {
        out.push_str(&rest[..at]);
        out.push(' ');
        match rest[at + 2..].find("*/") {
            Some(end) => rest = &rest[at + 2 + end + 2..],
            None => return out,
        }
    }
    out.push_str(rest);
    out
}
