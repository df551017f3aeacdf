//! Tags that changes are marked with: what may be one, and which may be given.

use crate::title::{Title, ns};
use crate::{Message, Param, Refusal};

/// Most changes that a tag may be on to be deleted: each of them changes.
pub const MAX_USES_OF_DELETED: i64 = 5_000;

/// Whether a new tag may have this name. Refused: nothing, what separates names, and what can't stand in the titles of
/// the pages that describe the tag.
pub fn check_name(name: &str) -> Result<(), Refusal> {
    if name.is_empty() {
        return Err(Refusal::of(Message::new("tags-create-no-name")));
    }
    if name.contains([',', '|', '/']) {
        return Err(Refusal::of(Message::new("tags-create-invalid-chars")));
    }
    match description_page(name) {
        Some(_) => Ok(()),
        None => Err(Refusal::of(Message::new("tags-create-invalid-title-chars"))),
    }
}

/// The page whose text people see in place of a tag's name.
pub fn name_page(name: &str) -> Option<Title> {
    Title::make(ns::MEDIAWIKI, &format!("Tag-{name}")).ok()
}

/// The page whose text says what a tag is for.
pub fn description_page(name: &str) -> Option<Title> {
    Title::make(ns::MEDIAWIKI, &format!("Tag-{name}-description")).ok()
}

/// Whether all wanted tags are among those that users may give.
pub fn check_usable(usable: &[String], wanted: &[String]) -> Result<(), Refusal> {
    let refused: Vec<String> = wanted.iter().filter(|tag| !usable.contains(tag)).cloned().collect();
    let key = match refused.len() {
        0 => return Ok(()),
        1 => "tags-apply-not-allowed-one",
        _ => "tags-apply-not-allowed-multi",
    };
    let count = Param::Count(refused.len() as i64);
    let message = Message::new(key).with(refused.join(", ")).with(count);
    Err(Refusal::new("badtags", message).with("disallowedtags", refused))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(all: &[&str]) -> Vec<String> {
        all.iter().map(|&one| one.to_owned()).collect()
    }

    #[test]
    fn a_name_separates_nothing_and_can_stand_in_a_title() {
        for name in ["a", "A tag", "mw-x", "ü", "1.0", &"x".repeat(239)] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        let long = "x".repeat(240);
        for (name, code) in [
            ("", "tags-create-no-name"),
            ("a,b", "tags-create-invalid-chars"),
            ("a|b", "tags-create-invalid-chars"),
            ("a/b", "tags-create-invalid-chars"),
            ("a<b", "tags-create-invalid-title-chars"),
            ("a[b", "tags-create-invalid-title-chars"),
            ("a\nb", "tags-create-invalid-title-chars"),
            (&long, "tags-create-invalid-title-chars"),
        ] {
            assert_eq!(check_name(name).map_err(|refusal| refusal.code), Err(code.into()), "{name:?}");
        }
    }

    #[test]
    fn only_what_may_not_be_given_is_named() {
        let usable = strings(&["a", "b"]);
        assert_eq!(check_usable(&usable, &strings(&["b", "a"])), Ok(()));
        assert_eq!(check_usable(&usable, &[]), Ok(()));
        let Err(one) = check_usable(&usable, &strings(&["a", "x"])) else { panic!("x is no tag") };
        assert_eq!((one.code.as_ref(), one.message.key.as_ref()), ("badtags", "tags-apply-not-allowed-one"));
        assert_eq!(one.data, [("disallowedtags", strings(&["x"]).into())]);
        let Err(many) = check_usable(&usable, &strings(&["x", "A"])) else { panic!("neither is one") };
        assert_eq!(many.message.key, "tags-apply-not-allowed-multi");
        assert_eq!(many.message.params, ["x, A".into(), Param::Count(2)]);
    }
}
