//! What histories and the log say in our words where nobody said anything, or beside what somebody said. It is stored,
//! so it is in the language of the content.

use commonhold_catalogue::ops::files::Summary;
use commonhold_core::Message;
use commonhold_core::title::FileTitle;
use commonhold_core::user::Caller;

use crate::Repository;

/// Characters of a comment that are kept; what is longer is cut and ends in an ellipsis.
const COMMENT_CHARS: usize = 500;

impl Repository {
    fn words(&self, message: &Message) -> String {
        shorten(&(self.settings.texts.0)(message), COMMENT_CHARS)
    }

    /// Of a version that a file got, in the history of its page.
    pub(crate) fn upload_summary(&self, caller: &Caller, name: &FileTitle) -> Summary {
        let said = |key: &'static str| {
            let link = format!("[[{}]]", name.title().prefixed_text());
            self.words(&Message::new(key).with(caller.name.as_str()).with(link))
        };
        Summary { first: said("logentry-upload-upload"), further: said("logentry-upload-overwrite") }
    }
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
    }
}
