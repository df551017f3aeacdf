//! What protects pages: who may change, move, replace or make them.

use crate::right::Right;
use crate::{Expiry, Message, Refusal};

/// What can be protected, with `create` for titles that have no page.
pub const TYPES: [&str; 4] = ["create", "edit", "move", "upload"];

/// Who may still do what is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Confirmed users.
    Autoconfirmed,
    /// Administrators.
    Sysop,
}

impl Level {
    /// The name on the wire, which is stored too.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Autoconfirmed => "autoconfirmed",
            Self::Sysop => "sysop",
        }
    }

    /// By its name on the wire.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Autoconfirmed, Self::Sysop].into_iter().find(|level| level.as_str() == name)
    }

    /// The right that it takes.
    pub fn right(self) -> Right {
        match self {
            Self::Autoconfirmed => Right::Editsemiprotected,
            Self::Sysop => Right::Editprotected,
        }
    }
}

/// One thing that may not be done to a page by everyone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restriction {
    /// What, such as `edit`.
    pub kind: String,
    /// Who may.
    pub level: Level,
    /// When it ends.
    pub expiry: Expiry,
}

impl Restriction {
    /// What can be protected of a page: other things of one that exists than of one that doesn't.
    pub fn kinds(is_file: bool, exists: bool) -> &'static [&'static str] {
        match (exists, is_file) {
            (true, true) => &["edit", "move", "upload"],
            (true, false) => &["edit", "move"],
            (false, true) => &["create", "upload"],
            (false, false) => &["create"],
        }
    }

    /// The refusal that tells of it.
    pub fn refusal(&self) -> Refusal {
        let message = Message::new("protectedpagetext").with(self.level.right().as_str());
        Refusal::new("protectedpage", message.with(self.kind.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_known_by_their_names() {
        for level in [Level::Autoconfirmed, Level::Sysop] {
            assert_eq!(Level::parse(level.as_str()), Some(level));
        }
        assert_eq!(Level::parse("all"), None);
        assert_eq!(Level::Sysop.right(), Right::Editprotected);
    }
}
