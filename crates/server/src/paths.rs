//! Paths below `/images/`: folders made of the hash of a file's name, and the name; what is old has a time before it.

use std::borrow::Cow;

use commonhold_core::title::FileTitle;
use commonhold_repo::Named;
use percent_encoding::percent_decode_str;

/// Bytes of the longest name that a file can have.
pub(crate) const MAX_NAME: usize = 255;

/// A file that a path names.
pub(crate) struct Placed<'a> {
    pub(crate) named: Named,
    /// The file's name as it stands there.
    pub(crate) name: &'a str,
    /// Whether a file could be there: the folders are those of the name.
    pub(crate) is_in_place: bool,
    /// What follows.
    pub(crate) rest: &'a [String],
}

/// The segments of a path, decoded; `None` if they aren't text.
pub(crate) fn segments(path: &str) -> Option<Vec<String>> {
    path.split('/').map(|s| percent_decode_str(s).decode_utf8().map(Cow::into_owned).ok()).collect()
}

/// The file at `8/86/Name.jpg` or `archive/8/86/20260102030405!Name.jpg`, and what follows; `None` for other paths.
pub(crate) fn placed(segments: &[String]) -> Option<Placed<'_>> {
    let (is_old, segments) = match segments {
        [first, rest @ ..] if first == "archive" => (true, rest),
        _ => (false, segments),
    };
    let [first, second, last, rest @ ..] = segments else { return None };
    let name = if is_old { last.split_once('!')?.1 } else { last };
    let title = FileTitle::from_db(name);
    // What is no name isn't looked for, nor remembered as missing.
    let is_in_place = last.len() <= MAX_NAME && title.hash_path() == format!("{first}/{second}");
    let named = if is_old { Named::Archived(last.clone()) } else { Named::Current(title) };
    Some(Placed { named, name, is_in_place, rest })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str) -> Option<(bool, String, bool, usize)> {
        let segments = segments(path)?;
        let placed = placed(&segments)?;
        let is_old = matches!(placed.named, Named::Archived(_));
        Some((is_old, placed.name.to_owned(), placed.is_in_place, placed.rest.len()))
    }

    #[test]
    fn a_path_names_a_file_where_its_hash_is() {
        let name = |is_old, is_in_place, rest| Some((is_old, "Foo.jpg".to_owned(), is_in_place, rest));
        assert_eq!(read("0/06/Foo.jpg"), name(false, true, 0));
        assert_eq!(read("0/06/Foo%2Ejpg/120px-Foo.jpg"), name(false, true, 1));
        assert_eq!(read("0/07/Foo.jpg"), name(false, false, 0));
        assert_eq!(read("archive/0/06/20260102030405!Foo.jpg"), name(true, true, 0));
        for wrong in ["", "0/06", "archive/0/06/Foo.jpg", "0/06/%FF"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_longer_than_a_name_is_nowhere() {
        let long = "x".repeat(MAX_NAME + 1);
        let path = format!("{}/{long}", FileTitle::from_db(long.as_str()).hash_path());
        assert_eq!(read(&path), Some((false, long, false, 0)));
    }
}
