//! The page that a request is about.

use commonhold_core::title::Title;
use commonhold_core::{Message, Param, Refusal};

use crate::context::Context;
use crate::failure::Failure;

/// The page that one of two parameters names: the one by its title, the other by its number.
pub(crate) async fn page(
    cx: &Context,
    names: [&str; 2],
    title: Option<&str>,
    id: Option<i64>,
) -> Result<Title, Failure> {
    match (title, id) {
        (Some(text), None) => {
            let title = self::title(text)?;
            if title.is_virtual() {
                return Err(Refusal::of(Message::new("apierror-pagecannotexist")).into());
            }
            Ok(title)
        }
        (None, Some(id)) => match cx.repo.pages_by_id(&[id]).await?.pop() {
            Some(page) => Ok(Title::from_db(page.ns, page.dbkey)),
            None => Err(Refusal::of(Message::new("apierror-nosuchpageid").with(id)).into()),
        },
        (title, _) => Err(one_of(&names, title.is_some()).into()),
    }
}

/// A title, whether or not a page has it.
pub(crate) fn title(text: &str) -> Result<Title, Refusal> {
    Title::parse(text).map_err(|_| invalid_title(text))
}

/// The error for what can't be a title.
pub(crate) fn invalid_title(text: &str) -> Refusal {
    Refusal::of(Message::new("apierror-invalidtitle").with(text))
}

/// The error where exactly one of some parameters is needed.
pub(crate) fn one_of(names: &[&str], several: bool) -> Refusal {
    if several {
        return at_most_one_of(names);
    }
    let (list, count) = listed(names);
    Refusal::new("missingparam", Message::new("apierror-missingparam-one-of").with(list).with(count))
}

/// The error where at most one of some parameters may be given.
pub(crate) fn at_most_one_of(names: &[&str]) -> Refusal {
    let (list, count) = listed(names);
    Refusal::of(Message::new("apierror-invalidparammix").with(list).with(count))
}

fn listed(names: &[&str]) -> (Param, i64) {
    (Param::List(names.iter().map(|name| (*name).to_owned()).collect()), names.len() as i64)
}
