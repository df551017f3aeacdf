//! Titles: namespaces, the canonical database key, and what may not be one.
//!
//! The rules are MediaWiki's defaults: first letter upper case, `_` and spaces alike, at most 255 bytes.

use std::fmt;

use md5::{Digest, Md5};
use unicode_normalization::UnicodeNormalization;

use crate::Message;

/// Namespace numbers.
pub mod ns {
    #![expect(missing_docs, reason = "the names say it")]
    pub const MEDIA: i32 = -2;
    pub const SPECIAL: i32 = -1;
    pub const MAIN: i32 = 0;
    pub const TALK: i32 = 1;
    pub const USER: i32 = 2;
    pub const USER_TALK: i32 = 3;
    pub const PROJECT: i32 = 4;
    pub const PROJECT_TALK: i32 = 5;
    pub const FILE: i32 = 6;
    pub const FILE_TALK: i32 = 7;
    pub const MEDIAWIKI: i32 = 8;
    pub const MEDIAWIKI_TALK: i32 = 9;
    pub const TEMPLATE: i32 = 10;
    pub const TEMPLATE_TALK: i32 = 11;
    pub const HELP: i32 = 12;
    pub const HELP_TALK: i32 = 13;
    pub const CATEGORY: i32 = 14;
    pub const CATEGORY_TALK: i32 = 15;
}

/// A namespace: its number and its canonical English name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Namespace {
    /// The number.
    pub id: i32,
    /// The name with spaces; empty for the main one.
    pub name: &'static str,
    /// Whether pages may have subpages.
    pub subpages: bool,
}

/// All namespaces, in order of their numbers.
pub const NAMESPACES: [Namespace; 18] = {
    const fn namespace(id: i32, name: &'static str, subpages: bool) -> Namespace {
        Namespace { id, name, subpages }
    }
    [
        namespace(ns::MEDIA, "Media", false),
        namespace(ns::SPECIAL, "Special", false),
        namespace(ns::MAIN, "", false),
        namespace(ns::TALK, "Talk", true),
        namespace(ns::USER, "User", true),
        namespace(ns::USER_TALK, "User talk", true),
        namespace(ns::PROJECT, "Project", true),
        namespace(ns::PROJECT_TALK, "Project talk", true),
        namespace(ns::FILE, "File", false),
        namespace(ns::FILE_TALK, "File talk", true),
        namespace(ns::MEDIAWIKI, "MediaWiki", false),
        namespace(ns::MEDIAWIKI_TALK, "MediaWiki talk", true),
        namespace(ns::TEMPLATE, "Template", false),
        namespace(ns::TEMPLATE_TALK, "Template talk", true),
        namespace(ns::HELP, "Help", false),
        namespace(ns::HELP_TALK, "Help talk", true),
        namespace(ns::CATEGORY, "Category", false),
        namespace(ns::CATEGORY_TALK, "Category talk", true),
    ]
};

/// Further names of namespaces.
pub const ALIASES: [(i32, &str); 2] = [(ns::FILE, "Image"), (ns::FILE_TALK, "Image talk")];

/// Bytes of the longest title without its namespace.
const MAX_BYTES: usize = 255;

/// A page's title: namespace and database key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Title {
    ns: i32,
    dbkey: String,
}

/// The title of a file: the database key of a page in the File namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileTitle(String);

/// Why a text is no title.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TitleError {
    /// Nothing is left of it.
    #[error("empty title")]
    Empty,
    /// A character, an escape or a reference that can't stand in a title.
    #[error("invalid character in title")]
    Invalid,
    /// It was not Unicode.
    #[error("title is not valid Unicode")]
    NotUnicode,
    /// `.` or `..` as a part.
    #[error("relative path in title")]
    Relative,
    /// `~~~`, which would be replaced by a signature.
    #[error("signature in title")]
    Signature,
    /// Over 255 bytes.
    #[error("title too long")]
    TooLong,
    /// A colon in front.
    #[error("leading colon in title")]
    LeadingColon,
}

impl TitleError {
    /// What is said to people.
    pub fn message(self) -> Message {
        Message::new(match self {
            Self::Empty => "title-invalid-empty",
            Self::Invalid => "title-invalid-characters",
            Self::NotUnicode => "title-invalid-utf8",
            Self::Relative => "title-invalid-relative",
            Self::Signature => "title-invalid-magic-tilde",
            Self::TooLong => "title-invalid-too-long",
            Self::LeadingColon => "title-invalid-leading-colon",
        })
    }
}

/// The namespace of a number.
pub fn namespace(id: i32) -> Option<&'static Namespace> {
    NAMESPACES.iter().find(|n| n.id == id)
}

/// The namespace of a name or alias, whatever its case, with `_` or spaces.
pub fn namespace_by_name(name: &str) -> Option<i32> {
    let wanted = name.replace('_', " ");
    let names = NAMESPACES.iter().filter(|n| n.id != ns::MAIN).map(|n| (n.id, n.name)).chain(ALIASES);
    names.into_iter().find(|(_, n)| n.to_lowercase() == wanted.to_lowercase()).map(|(id, _)| id)
}

/// Upper case for the first character, by the full Unicode mapping (`ß` becomes `SS`). What is normalised stays so,
/// though a character may become several (`ῢ`).
pub fn capitalize(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some('ǆ' | 'ǅ') => format!("Ǆ{}", chars.as_str()),
        Some('ǉ' | 'ǈ') => format!("Ǉ{}", chars.as_str()),
        Some('ǌ' | 'ǋ') => format!("Ǌ{}", chars.as_str()),
        Some('ǳ' | 'ǲ') => format!("Ǳ{}", chars.as_str()),
        Some(first) => first.to_uppercase().chain(chars).nfc().collect(),
        None => String::new(),
    }
}

impl Title {
    /// Reads a title; without a namespace it is in the main one.
    pub fn parse(raw: &str) -> Result<Self, TitleError> {
        Self::parse_in(raw, ns::MAIN)
    }

    /// Reads a title; without a namespace it is in the one given.
    pub fn parse_in(raw: &str, default_ns: i32) -> Result<Self, TitleError> {
        if raw.contains('\u{FFFD}') {
            return Err(TitleError::NotUnicode);
        }
        let decoded = decode_references(raw);
        let mut text = fold_spaces(&decoded.nfc().collect::<String>());
        let mut namespace = default_ns;
        if let Some(rest) = text.strip_prefix(':') {
            namespace = ns::MAIN;
            text = rest.trim_matches('_').to_owned();
        }
        if let Some((prefix, rest)) = text.split_once(':')
            && let Some(id) = namespace_by_name(prefix.trim_end_matches('_'))
        {
            namespace = id;
            text = rest.trim_matches('_').to_owned();
        }
        // A fragment names a place within the page, not another page.
        if let Some((page, _)) = text.split_once('#') {
            text = page.trim_end_matches('_').to_owned();
        }
        Self::make(namespace, &text)
    }

    /// A title in a namespace, from a text in which nothing but spaces and the first letter's case is up to the
    /// writer: no prefix, reference or fragment is looked for.
    pub fn make(ns: i32, text: &str) -> Result<Self, TitleError> {
        if text.contains('\u{FFFD}') {
            return Err(TitleError::NotUnicode);
        }
        let text = fold_spaces(&text.nfc().collect::<String>());
        let dbkey = if ns == ns::SPECIAL { text } else { capitalize(&text) };
        check(&dbkey)?;
        Ok(Self { ns, dbkey })
    }

    /// A title as it was stored.
    pub fn from_db(ns: i32, dbkey: impl Into<String>) -> Self {
        Self { ns, dbkey: dbkey.into() }
    }

    /// The namespace's number.
    pub fn ns(&self) -> i32 {
        self.ns
    }

    /// With underscores, without the namespace.
    pub fn dbkey(&self) -> &str {
        &self.dbkey
    }

    /// With spaces, without the namespace.
    pub fn text(&self) -> String {
        self.dbkey.replace('_', " ")
    }

    /// With spaces and the namespace's canonical name.
    pub fn prefixed_text(&self) -> String {
        match namespace(self.ns) {
            Some(n) if !n.name.is_empty() => format!("{}:{}", n.name, self.text()),
            _ => self.text(),
        }
    }

    /// With underscores and the namespace's canonical name.
    pub fn prefixed_dbkey(&self) -> String {
        self.prefixed_text().replace(' ', "_")
    }

    /// The page where this page is talked about; `None` if it is one, or no page at all.
    pub fn talk(&self) -> Option<Self> {
        (self.ns >= 0 && self.ns % 2 == 0).then(|| Self { ns: self.ns + 1, dbkey: self.dbkey.clone() })
    }

    /// Whether no page can have this title.
    pub fn is_virtual(&self) -> bool {
        self.ns < 0
    }
}

impl FileTitle {
    /// The file that a title names, if it is in the File namespace.
    pub fn from_title(title: &Title) -> Option<Self> {
        (title.ns == ns::FILE).then(|| Self(title.dbkey.clone()))
    }

    /// Reads the name of a file, with or without its namespace.
    pub fn parse(raw: &str) -> Result<Self, TitleError> {
        let title = Title::parse_in(raw, ns::FILE)?;
        Self::from_title(&title).ok_or(TitleError::Invalid)
    }

    /// A name as it was stored.
    pub fn from_db(dbkey: impl Into<String>) -> Self {
        Self(dbkey.into())
    }

    /// With underscores; what MediaWiki calls the file's name.
    pub fn dbkey(&self) -> &str {
        &self.0
    }

    /// With spaces.
    pub fn text(&self) -> String {
        self.0.replace('_', " ")
    }

    /// The page that describes the file.
    pub fn title(&self) -> Title {
        Title::from_db(ns::FILE, self.0.clone())
    }

    /// `File:Name with spaces.ext`.
    pub fn prefixed_text(&self) -> String {
        self.title().prefixed_text()
    }

    /// The folders of the file's address, such as `8/86`: digits of the name's MD5.
    pub fn hash_path(&self) -> String {
        let first = Md5::digest(&self.0)[0];
        format!("{:x}/{first:02x}", first >> 4)
    }

    /// What follows the last dot, in lower case; empty if there is no dot.
    pub fn extension(&self) -> String {
        self.0.rsplit_once('.').map_or_else(String::new, |(_, e)| e.to_lowercase())
    }

    /// What precedes the last dot.
    pub fn base(&self) -> &str {
        self.0.rsplit_once('.').map_or(&self.0, |(base, _)| base)
    }
}

impl fmt::Display for FileTitle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a character counts as a space in titles.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '_' | '\u{A0}' | '\u{1680}' | '\u{180E}' | '\u{2000}'..='\u{200A}')
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202F}' | '\u{205F}' | '\u{3000}')
}

/// Marks of writing direction, which are dropped.
fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}')
}

/// One underscore for each run of spaces, none at the ends.
fn fold_spaces(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !is_direction_mark(*c)) {
        if !is_space(c) {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
    }
    out.truncate(out.trim_end_matches('_').len());
    out
}

/// Whether a byte may stand in a title.
pub(crate) fn is_legal(byte: u8) -> bool {
    byte >= 0x80 || byte.is_ascii_alphanumeric() || b" %!\"$&'()*,-./:;=?@\\^_`~+".contains(&byte)
}

fn check(dbkey: &str) -> Result<(), TitleError> {
    if dbkey.is_empty() {
        return Err(TitleError::Empty);
    }
    if !dbkey.bytes().all(is_legal) || has_escape(dbkey) || has_reference(dbkey) {
        return Err(TitleError::Invalid);
    }
    let mut parts = dbkey.split('/');
    if parts.any(|part| part == "." || part == "..") {
        return Err(TitleError::Relative);
    }
    if dbkey.contains("~~~") {
        return Err(TitleError::Signature);
    }
    if dbkey.len() > MAX_BYTES {
        return Err(TitleError::TooLong);
    }
    if dbkey.starts_with(':') {
        return Err(TitleError::LeadingColon);
    }
    Ok(())
}

/// `%` and two hexadecimal digits: would be taken apart in URLs.
fn has_escape(text: &str) -> bool {
    text.as_bytes().windows(3).any(|w| w[0] == b'%' && w[1].is_ascii_hexdigit() && w[2].is_ascii_hexdigit())
}

/// `&`, letters or digits, `;`: would be taken for a character.
fn has_reference(text: &str) -> bool {
    text.split('&').skip(1).any(|rest| {
        let name = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || !c.is_ascii()).count();
        name > 0 && rest.chars().nth(name) == Some(';')
    })
}

/// Replaces numeric references and the few named ones that people write.
fn decode_references(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.bytes().take(12).position(|b| b == b';');
        if let Some((c, end)) = end.and_then(|end| decode_reference(&rest[1..end]).map(|c| (c, end))) {
            out.push(c);
            rest = &rest[end + 1..];
        } else {
            out.push('&');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    out
}

fn decode_reference(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        };
        return code.ok().and_then(char::from_u32).filter(|c| !c.is_control());
    }
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "nbsp" => Some('\u{A0}'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check_title(raw: &str, expected: Result<(i32, &str), TitleError>) {
        let title = Title::parse(raw);
        assert_eq!(title.as_ref().map(|t| (t.ns(), t.dbkey())).map_err(|e| *e), expected, "{raw:?}");
    }

    #[test]
    fn titles_are_brought_to_their_canonical_form() {
        check_title("image:rd_p.jpg", Ok((6, "Rd_p.jpg")));
        check_title("FILE talk : x", Ok((7, "X")));
        check_title(":File:x.png", Ok((6, "X.png")));
        check_title("  a \u{A0}_b  ", Ok((0, "A_b")));
        check_title("été\u{200E}", Ok((0, "Été")));
        check_title("Cafe\u{301}", Ok((0, "Café")));
        check_title("ßx", Ok((0, "SSx")));
        check_title("\u{1FE2}x", Ok((0, "\u{3AB}\u{300}x")));
        check_title("ﬁx", Ok((0, "FIx")));
        check_title("&#67;x", Ok((0, "Cx")));
        check_title("Special:upload", Ok((-1, "upload")));
        check_title("a#b", Ok((0, "A")));
        check_title("x:y", Ok((0, "X:y")));
    }

    #[test]
    fn what_can_be_no_title_is_refused() {
        for bad in ["", " ", "_", "File:", "#x"] {
            check_title(bad, Err(TitleError::Empty));
        }
        for bad in ["a[b]", "<x>", "a|b", "a{b", "%41", "&amp;amp;", "a\nb", "a\u{7f}"] {
            check_title(bad, Err(TitleError::Invalid));
        }
        check_title("a/../b", Err(TitleError::Relative));
        check_title("a~~~", Err(TitleError::Signature));
        check_title("a\u{FFFD}", Err(TitleError::NotUnicode));
        check_title("File::x", Err(TitleError::LeadingColon));
        check_title(&"a".repeat(256), Err(TitleError::TooLong));
        check_title("100% & more", Ok((0, "100%_&_more")));
    }

    #[test]
    fn a_files_address_hangs_on_its_name() {
        for (name, path) in [("Rd_p.jpg", "8/86"), ("Rd_h.jpg", "4/4e"), ("Rd_pic.svg", "a/af")] {
            assert_eq!(FileTitle::from_db(name).hash_path(), path);
        }
        let name = FileTitle::parse("a.tar.GZ").unwrap();
        assert_eq!((name.base(), name.extension().as_str()), ("A.tar", "gz"));
        assert_eq!(FileTitle::parse("User:x.png"), Err(TitleError::Invalid));
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_is_idempotent(raw in "\\PC{0,40}") {
            if let Ok(title) = Title::parse(&raw) {
                let again = Title::parse(&format!(":{}", title.prefixed_text()));
                // A reference that decoding uncovered can't be written again.
                if let Ok(again) = again {
                    prop_assert_eq!(again.dbkey(), title.dbkey());
                }
            }
        }
    }
}
