//! Where the text of a page sends its readers.

use crate::title::Title;

/// Another page, and the place in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// The page.
    pub target: Title,
    /// The place in it; `None` for its beginning.
    pub fragment: Option<String>,
}

impl Redirect {
    /// To the beginning of a page.
    pub fn to(target: Title) -> Self {
        Self { target, fragment: None }
    }

    /// What a text that begins with `#REDIRECT [[…]]` says; `None` for all other texts, and for targets that no page
    /// can have.
    pub fn read(text: &str) -> Option<Self> {
        const WORD: &str = "#redirect";
        let text = text.trim_start();
        let word = text.get(..WORD.len()).filter(|word| word.eq_ignore_ascii_case(WORD))?;
        let rest = text[word.len()..].trim_start();
        let rest = rest.strip_prefix(':').unwrap_or(rest).trim_start();
        let (link, _) = rest.strip_prefix("[[")?.split_once("]]")?;
        let link = link.split_once('|').map_or(link, |(target, _)| target);
        if link.contains('\n') {
            return None;
        }
        let target = Title::parse(link).ok().filter(|title| !title.is_virtual())?;
        let fragment = link.split_once('#').map(|(_, fragment)| fragment.trim().replace('_', " "));
        Some(Self { target, fragment: fragment.filter(|fragment| !fragment.is_empty()) })
    }

    /// The text of a page that does nothing else.
    pub fn text(&self) -> String {
        format!("#REDIRECT [[{}]]", self.target.prefixed_text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<(&str, Option<&str>)>) {
        let read = Redirect::read(text);
        let read = read.as_ref().map(|r| (r.target.prefixed_text(), r.fragment.as_deref()));
        assert_eq!(read, expected.map(|(title, fragment)| (title.to_owned(), fragment)), "{text}");
    }

    #[test]
    fn a_text_that_begins_with_the_word_redirects() {
        check("#REDIRECT [[File:New.png]]", Some(("File:New.png", None)));
        check(" \n#Redirect:[[:file:new_one.png|shown]]\nmore", Some(("File:New one.png", None)));
        check("#redirect[[A#b_c]]", Some(("A", Some("b c"))));
    }

    #[test]
    fn other_texts_do_not() {
        for text in [
            "",
            "#REDIRECT",
            "#REDIRECT [[",
            "#REDIRECT [[<x>]]",
            "#REDIRECT [[Special:Log]]",
            "see #REDIRECT [[A]]",
            "#REDIRECT [[A\n]]",
            "ü#REDIRECT",
            "#REDIREC\u{166} [[A]]",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let redirect = Redirect::to(Title::parse("File:Été & co.png").unwrap());
        assert_eq!(Redirect::read(&redirect.text()), Some(redirect));
    }
}
