//! What histories and the log say in our words where nobody said anything, or beside what somebody said. It is stored,
//! so it is in the language of the content.

use commonhold_catalogue::ops::files::Summary;
use commonhold_core::title::{FileTitle, Title};
use commonhold_core::user::Caller;
use commonhold_core::{Message, Redirect};

use crate::{Repository, Texts};

/// Characters of a comment that are kept; what is longer is cut and ends in an ellipsis.
const COMMENT_CHARS: usize = 500;
/// Characters of a page's text that a summary quotes.
const QUOTED_CHARS: usize = 200;

/// Makes such texts.
#[derive(Clone, Copy)]
pub(crate) struct Summaries(Texts);

impl Repository {
    /// Makes texts for histories and the log.
    pub(crate) fn summaries(&self) -> Summaries {
        Summaries(self.settings.texts)
    }

    /// Of a version that a file got, in the history of its page.
    pub(crate) fn upload_summary(&self, caller: &Caller, name: &FileTitle) -> Summary {
        let summaries = self.summaries();
        let said = |key: &'static str| {
            summaries.words(&Message::new(key).with(caller.name.as_str()).with(link(&name.title())))
        };
        Summary { first: said("logentry-upload-upload"), further: said("logentry-upload-overwrite") }
    }
}

impl Summaries {
    fn words(self, message: &Message) -> String {
        shorten(&(self.0.0)(message), COMMENT_CHARS)
    }

    /// What we say, and what was said.
    fn with_reason(self, message: &Message, reason: &str) -> String {
        let said = (self.0.0)(message);
        shorten(&if reason.is_empty() { said } else { format!("{said}: {reason}") }, COMMENT_CHARS)
    }

    /// Of a move, in the histories of both pages.
    pub(crate) fn moved(
        self,
        caller: &Caller,
        (from, to): (&Title, &Title),
        over_redirect: bool,
        reason: &str,
    ) -> String {
        let key = if over_redirect { "logentry-move-move_redir" } else { "logentry-move-move" };
        let message = Message::new(key).with(caller.name.as_str()).with(link(from)).with(link(to));
        self.with_reason(&message, reason)
    }

    /// Of the deletion of a redirect that was in the way of a move.
    pub(crate) fn made_room(self, from: &Title) -> String {
        self.words(&Message::new("delete_and_move_reason").with(from.prefixed_text()))
    }

    /// Of the deletion of one old version.
    pub(crate) fn deleted_version(self, archive_name: &str, reason: &str) -> String {
        self.with_reason(&Message::new("deletedrevision").with(archive_name), reason)
    }

    /// Of the deletion of a page for which no reason was given.
    pub(crate) fn deleted_page(self, text: &str) -> String {
        match quoted(text) {
            text if text.is_empty() => self.words(&Message::new("exblank")),
            text => self.words(&Message::new("excontent").with(text)),
        }
    }

    /// Of the deletion of a talk page together with its page.
    pub(crate) fn with_its_page(self, reason: &str) -> String {
        self.with_reason(&Message::new("delete-talk-summary-prefix"), reason)
    }

    /// Of an edit for which no summary was given, if it is one of those that can be told from the texts.
    pub(crate) fn edited(self, before: Option<&str>, after: &str) -> String {
        let redirect = Redirect::read(after);
        if let Some(redirect) = &redirect
            && before.and_then(Redirect::read).as_ref() != Some(redirect)
        {
            return self.words(&Message::new("autoredircomment").with(link(&redirect.target)));
        }
        match before {
            None if after.is_empty() => self.words(&Message::new("autosumm-newblank")),
            None => self.words(&Message::new("autosumm-new").with(quoted(after))),
            Some(before) if after.is_empty() && !before.is_empty() => {
                self.words(&Message::new("autosumm-blank"))
            }
            Some(_) => String::new(),
        }
    }

    /// Of a section that was added.
    pub(crate) fn new_section(self, heading: &str) -> String {
        self.words(&Message::new("newsectionsummary").with(heading))
    }

    /// Of an edit that undoes one.
    pub(crate) fn undone(self, revision: &str, user: &str, reason: &str) -> String {
        self.with_reason(&Message::new("undo-summary").with(revision).with(user), reason)
    }
}

fn link(title: &Title) -> String {
    format!("[[{}]]", title.prefixed_text())
}

/// The beginning of a text, on one line.
fn quoted(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    shorten(&line, QUOTED_CHARS)
}

/// A comment as it is stored.
pub(crate) fn comment(text: &str) -> String {
    shorten(text.trim(), COMMENT_CHARS)
}

/// A text of at most so many characters.
fn shorten(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    text.chars().take(limit - 3).chain("...".chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(comment(&"é".repeat(500)).chars().count(), 500);
        let cut = comment(&"é".repeat(501));
        assert_eq!(cut.chars().count(), 500);
        assert!(cut.ends_with("é..."));
        assert_eq!(quoted(" a\n\n b "), "a b");
    }
}
