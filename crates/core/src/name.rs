//! The name that an uploaded file gets: MediaWiki's normalisation, step by step.

use crate::policy::UploadPolicy;
use crate::title::{FileTitle, Title, capitalize, is_legal, ns};
use crate::{Message, Param, Refusal};

/// Bytes of the longest file name.
const MAX_BYTES: usize = 240;

/// A file name that may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadName {
    /// The name.
    pub title: FileTitle,
    /// The last extension, as it was written.
    pub final_extension: String,
    /// Whether it differs from what was asked for by more than spaces and the first letter's case.
    pub changed: bool,
}

/// Why a name can't be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameError {
    /// Over 240 bytes.
    TooLong,
    /// No title; carries the name with the illegal characters replaced.
    Illegal(String),
    /// No extension, and the content gives none.
    MissingExtension,
    /// An extension that isn't allowed.
    Banned {
        /// The last extension, as it was written.
        extension: String,
        /// The prohibited ones among all extensions; empty if the last one is merely not allowed.
        prohibited: Vec<String>,
    },
    /// Nothing before the extension.
    TooShort {
        /// The last extension, as it was written.
        extension: String,
    },
}

/// Turns what was asked for into a file name. `guess` gives the extension that the content calls for and is only
/// asked where the name has none.
pub fn upload_name(
    requested: &str,
    policy: &UploadPolicy,
    guess: &dyn Fn() -> Option<&'static str>,
) -> Result<UploadName, NameError> {
    // Where the text is a file's title, with its prefix, that is the name; otherwise the text as it stands.
    let as_title = Title::parse(requested).ok().filter(|t| t.ns() == ns::FILE);
    let name = as_title.map_or_else(|| requested.to_owned(), |t| t.dbkey().to_owned());
    if name.len() > MAX_BYTES {
        return Err(NameError::TooLong);
    }
    let filtered: String = name.chars().map(|c| if is_replaced(c) { '-' } else { c }).collect();
    let parsed = Title::make(ns::FILE, &filtered).ok().as_ref().and_then(FileTitle::from_title);
    let Some(title) = parsed else { return Err(NameError::Illegal(filtered)) };

    let mut parts: Vec<String> = title.dbkey().split('.').map(str::to_owned).collect();
    let mut title = title;
    if parts.len() == 1 {
        let extension = guess().ok_or(NameError::MissingExtension)?;
        title = FileTitle::from_db(format!("{}.{extension}", title.dbkey()));
        parts.push(extension.to_owned());
    }
    let extension = parts.last().map(|e| e.trim().to_owned()).unwrap_or_default();
    if extension.is_empty() {
        return Err(NameError::MissingExtension);
    }
    let lower = |e: &String| e.trim().to_lowercase();
    let mut prohibited: Vec<String> =
        parts[1..].iter().map(lower).filter(|e| policy.prohibited_extensions.contains(e)).collect();
    prohibited.dedup();
    let unwanted = !policy.extensions.contains(&lower(&extension));
    if !prohibited.is_empty() || (unwanted && policy.strict_extensions) {
        return Err(NameError::Banned { extension, prohibited });
    }
    let has_base = !parts[0].is_empty() || parts.len() > 2;
    if !has_base {
        return Err(NameError::TooShort { extension });
    }
    let spaced = requested.replace(' ', "_");
    let changed = requested != title.dbkey() && capitalize(&spaced) != title.dbkey();
    Ok(UploadName { title, final_extension: extension, changed })
}

/// Characters that a file name can't have.
fn is_replaced(c: char) -> bool {
    matches!(c, ':' | '/' | '\\') || (c.is_ascii() && !is_legal(c as u8))
}

impl NameError {
    /// The last extension, as far as it is known: it decides how the content is checked.
    pub fn final_extension(&self) -> &str {
        match self {
            Self::Banned { extension, .. } | Self::TooShort { extension } => extension,
            _ => "",
        }
    }

    /// Whether the same bytes under another name would do.
    pub fn is_recoverable(&self) -> bool {
        !matches!(self, Self::Banned { .. })
    }

    /// The refusal, with its code and keys.
    pub fn refusal(&self, policy: &UploadPolicy) -> Refusal {
        match self {
            Self::TooLong => Refusal::of(Message::new("filename-toolong")),
            Self::Illegal(filtered) => {
                let message = Message::new("illegalfilename").with(filtered.as_str());
                Refusal::new("illegal-filename", message).with("filename", filtered.as_str())
            }
            Self::MissingExtension => Refusal::of(Message::new("filetype-missing")),
            Self::TooShort { .. } => Refusal::new("filename-tooshort", Message::new("minlength1")),
            Self::Banned { extension, prohibited } => {
                let offending = match prohibited.as_slice() {
                    [] => Param::Text(extension.clone()),
                    several => Param::List(several.to_vec()),
                };
                let message = Message::new("filetype-banned-type")
                    .with(offending)
                    .with(Param::List(policy.extensions.clone()))
                    .with(Param::Num(policy.extensions.len() as i64))
                    .with(Param::Num(prohibited.len().max(1) as i64));
                let refusal = Refusal::new("filetype-banned", message)
                    .with("filetype", extension.as_str())
                    .with("allowed", policy.extensions.clone());
                if prohibited.is_empty() { refusal } else { refusal.with("blacklisted", prohibited.clone()) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(requested: &str, expected: &str, changed: bool) {
        let name = upload_name(requested, &UploadPolicy::default(), &|| Some("jpeg"));
        let name = name.unwrap_or_else(|e| panic!("{requested:?}: {e:?}"));
        assert_eq!((name.title.dbkey(), name.changed), (expected, changed), "{requested:?}");
    }

    #[track_caller]
    fn refuse(requested: &str, code: &str) {
        let policy = UploadPolicy::default();
        let error = upload_name(requested, &policy, &|| None).expect_err(requested);
        assert_eq!(error.refusal(&policy).code, code, "{requested:?}");
    }

    #[test]
    fn names_are_normalised() {
        check("lower x.png", "Lower_x.png", false);
        check("Two  and   three.png", "Two_and_three.png", true);
        check("  Edge.png  ", "Edge.png", true);
        check("File:Prefixed.png", "Prefixed.png", true);
        check("Image:prefixed.png", "Prefixed.png", true);
        check("User:Prefixed.png", "User-Prefixed.png", true);
        check("a/b.jpg", "A-b.jpg", true);
        check("C:\\fakepath\\x.jpg", "C--fakepath-x.jpg", true);
        check("Sq[u]are{x}|<y>#.png", "Sq-u-are-x---y--.png", true);
        check("Tab\tand\nline.png", "Tab-and-line.png", true);
        check("Cafe\u{301}.png".nfc_text().as_str(), "Café.png", false);
        check("Noext", "Noext.jpeg", true);
        check("a.foo.jpg", "A.foo.jpg", false);
        check("A.foo.jpg", "A.foo.jpg", false);
        check(".jpg.jpg", ".jpg.jpg", false);
        check("-.jpg", "-.jpg", false);
        check("100% & more.png", "100%_&_more.png", false);
        check("File:File:Twice.png", "File-Twice.png", true);
    }

    trait Nfc {
        fn nfc_text(&self) -> String;
    }

    impl Nfc for str {
        fn nfc_text(&self) -> String {
            unicode_normalization::UnicodeNormalization::nfc(self).collect()
        }
    }

    #[test]
    fn impossible_names_are_refused_with_their_codes() {
        for bad in ["", "   ", "a%41.png", "a~~~.png", "&amp; x.png", "..", "a\u{FFFD}.png"] {
            refuse(bad, "illegal-filename");
        }
        refuse(&format!("{}.png", "n".repeat(237)), "filename-toolong");
        for bad in ["x.", "x.jpg.", "x..", "noext"] {
            refuse(bad, "filetype-missing");
        }
        for bad in ["x.exe", "x.php.png", "x.zzz", "x.jpe"] {
            refuse(bad, "filetype-banned");
        }
        refuse(".png", "filename-tooshort");
        refuse("File:.jpg", "filename-tooshort");
    }

    #[test]
    fn a_lenient_site_takes_other_extensions_but_not_prohibited_ones() {
        let policy = UploadPolicy { strict_extensions: false, ..UploadPolicy::default() };
        assert!(upload_name("x.zzz", &policy, &|| None).is_ok());
        assert!(upload_name("x.exe", &policy, &|| None).is_err());
    }

    #[test]
    fn a_banned_extension_is_told_with_the_allowed_ones() {
        let policy = UploadPolicy::default();
        let error = upload_name("x.PHP.png", &policy, &|| None).unwrap_err();
        let refusal = error.refusal(&policy);
        assert_eq!(refusal.data[0], ("filetype", "png".into()));
        assert_eq!(refusal.data[2], ("blacklisted", vec!["php"].into()));
        assert!(!error.is_recoverable());
    }

    proptest! {
        #[test]
        fn an_accepted_name_is_its_own_normal_form(requested in "\\PC{0,30}(\\.png)?") {
            let policy = UploadPolicy::default();
            if let Ok(name) = upload_name(&requested, &policy, &|| Some("png")) {
                let again = upload_name(name.title.dbkey(), &policy, &|| None);
                prop_assert_eq!(again.map(|n| (n.title, n.changed)), Ok((name.title, false)));
            }
        }
    }
}
