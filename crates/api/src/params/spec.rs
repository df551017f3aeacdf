//! What a parameter is.

use commonhold_repo::Settings;

use crate::module;

/// The declaration of one parameter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spec {
    /// Name without the module's prefix.
    pub(crate) name: &'static str,
    /// What it means, for people.
    pub(crate) doc: &'static str,
    /// What it takes.
    pub(crate) kind: Kind,
    /// The value where it is absent, as it would be sent.
    pub(crate) default: Option<&'static str>,
    /// Whether it takes several values.
    pub(crate) multi: bool,
    /// Whether it may have the same value twice.
    pub(crate) duplicates: bool,
    /// Whether `*` stands for all values.
    pub(crate) all: bool,
    /// Whether it has to be given.
    pub(crate) required: bool,
    /// Whether it shouldn't be used any more.
    pub(crate) deprecated: bool,
    /// Whether it must not be logged.
    pub(crate) sensitive: bool,
    /// Whether it is text of several lines.
    pub(crate) multiline: bool,
    /// Whether MediaWiki doesn't have it. Programs that ask what there is aren't told; people are.
    pub(crate) beyond: bool,
    /// Whether it is there; without its setting, some aren't.
    pub(crate) offered: fn(&Settings) -> bool,
}

/// The type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Given or not.
    Boolean,
    /// Text.
    Text,
    /// A whole number; clamped to its range with a warning.
    Integer {
        /// Smallest value.
        min: Option<i64>,
        /// Largest value.
        max: Bound,
    },
    /// How many items to list, or `max`.
    Limit,
    /// One of these.
    Choice(&'static [&'static str]),
    /// The name of a module of this kind.
    Submodule(module::Kind),
    /// A moment.
    Timestamp,
    /// When something on a watchlist ends: a moment, a length of time, or a word for never.
    Expiry,
    /// A user's name.
    User,
    /// A user's name, an address or a network.
    Target,
    /// The number of a namespace that has pages.
    Namespace,
    /// Tags that changes can be marked with.
    Tags,
    /// A file part of the body.
    Upload,
}

/// The numbers of the namespaces that have pages.
const NAMESPACE_NUMBERS: [&str; 16] =
    ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15"];

/// The upper end of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bound {
    /// None.
    Open,
    /// The largest size of a file, by the settings.
    UploadSize,
}

const fn spec(kind: Kind) -> Spec {
    Spec {
        name: "",
        doc: "",
        kind,
        default: None,
        multi: false,
        duplicates: false,
        all: false,
        required: false,
        deprecated: false,
        sensitive: false,
        multiline: false,
        beyond: false,
        offered: |_| true,
    }
}

/// Given or not, whatever the value.
pub(crate) const fn boolean() -> Spec {
    spec(Kind::Boolean)
}

/// Text.
pub(crate) const fn text() -> Spec {
    spec(Kind::Text)
}

/// A whole number.
pub(crate) const fn integer(min: Option<i64>, max: Bound) -> Spec {
    spec(Kind::Integer { min, max })
}

/// How many items to list: 10 unless told, at most 500, or 5,000 with the right `apihighlimits`.
pub(crate) const fn limit() -> Spec {
    spec(Kind::Limit).default("10")
}

/// How many items to list, where it makes a difference whether that is said.
pub(crate) const fn limit_if_given() -> Spec {
    spec(Kind::Limit)
}

/// One of some words.
pub(crate) const fn choice(words: &'static [&'static str]) -> Spec {
    spec(Kind::Choice(words))
}

/// The name of a module.
pub(crate) const fn submodules(kind: module::Kind) -> Spec {
    spec(Kind::Submodule(kind))
}

/// A moment in one of the forms that MediaWiki takes.
pub(crate) const fn timestamp() -> Spec {
    spec(Kind::Timestamp)
}

/// What becomes of the page on the caller's watchlist.
pub(crate) const fn watchlist() -> Spec {
    choice(&["nochange", "preferences", "unwatch", "watch"]).default("preferences")
}

/// Until when it is watched. There only where the settings offer it.
pub(crate) const fn watchlist_expiry() -> Spec {
    let mut spec = spec(Kind::Expiry);
    spec.offered = |settings| settings.watchlist.expiry;
    spec
}

/// A user's name.
pub(crate) const fn user() -> Spec {
    spec(Kind::User)
}

/// A user's name, an address or a network.
pub(crate) const fn target() -> Spec {
    spec(Kind::Target)
}

/// The number of a namespace that has pages.
pub(crate) const fn namespace() -> Spec {
    spec(Kind::Namespace)
}

/// Tags that the change is marked with. Each has to be one that users may give; the module looks whether this one may.
pub(crate) const fn tags() -> Spec {
    spec(Kind::Tags).multi()
}

/// A file part of a multipart body.
pub(crate) const fn upload() -> Spec {
    spec(Kind::Upload)
}

/// The token that shows that the request is the user's own wish. The engine checks it.
pub(crate) const fn token() -> Spec {
    text().required().sensitive()
}

impl Spec {
    /// The value where the parameter is absent.
    pub(crate) const fn default(mut self, value: &'static str) -> Self {
        self.default = Some(value);
        self
    }

    /// Takes several values, separated by `|`.
    pub(crate) const fn multi(mut self) -> Self {
        self.multi = true;
        self
    }

    /// Takes the same value twice.
    pub(crate) const fn duplicates(mut self) -> Self {
        self.duplicates = true;
        self
    }

    /// Takes `*` for all values.
    pub(crate) const fn all(mut self) -> Self {
        self.all = true;
        self
    }

    /// Has to be given.
    pub(crate) const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Shouldn't be used any more.
    pub(crate) const fn deprecated(mut self) -> Self {
        self.deprecated = true;
        self
    }

    /// Must not be logged.
    pub(crate) const fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    /// Is text of several lines.
    pub(crate) const fn multiline(mut self) -> Self {
        self.multiline = true;
        self
    }

    /// Is not MediaWiki's.
    pub(crate) const fn beyond(mut self) -> Self {
        self.beyond = true;
        self
    }

    /// Gives it a name that no field can have.
    pub(crate) const fn named(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// Names it after its field, and documents it; for `params!`.
    pub(crate) const fn declared(mut self, field: &'static str, doc: &'static str) -> Self {
        if self.name.is_empty() {
            self.name = Self::bare(field);
        }
        self.doc = doc;
        self
    }

    /// A field's name without Rust's `r#`.
    pub(crate) const fn bare(field: &'static str) -> &'static str {
        match field.as_bytes() {
            [b'r', b'#', ..] => field.split_at(2).1,
            _ => field,
        }
    }

    /// The words that it takes, if they are limited.
    pub(crate) fn words(&self) -> Option<Vec<&'static str>> {
        match self.kind {
            Kind::Choice(words) => Some(words.to_vec()),
            Kind::Namespace => Some(NAMESPACE_NUMBERS.to_vec()),
            Kind::Submodule(kind) => Some(module::of_kind(kind).map(|m| m.name).collect()),
            _ => None,
        }
    }
}
