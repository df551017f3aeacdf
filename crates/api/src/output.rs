//! How an answer leaves: a tree of values printed as `format=json|xml|php|none`, or as a page for people.

mod json;
mod number;
mod page;
mod php;
mod plain;
mod value;
mod xml;

use std::time::Duration;

pub(crate) use value::{List, Map, Value};

/// `formatversion`: which of the two shapes a tree takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Version {
    /// Truth is the presence of `""`, contents are under `*`, pages are keyed by their ids.
    #[default]
    V1,
    /// Booleans, named contents, lists of pages.
    V2,
}

/// What the tree is written as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Format {
    /// JSON.
    #[default]
    Json,
    /// XML; it knows no `formatversion`.
    Xml,
    /// What PHP's `unserialize` reads.
    Php,
    /// Nothing at all.
    None,
    /// The tree as the modules built it; only for people.
    Raw,
}

/// How to print an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct OutputOptions {
    /// What the tree is written as.
    pub(crate) format: Format,
    /// Inside an HTML page (`jsonfm`, `xmlfm`, `phpfm`, `rawfm`).
    pub(crate) fm: bool,
    /// `formatversion`.
    pub(crate) version: Version,
    /// `utf8`: do not escape non-ASCII characters in version 1.
    pub(crate) utf8: bool,
    /// `ascii`: escape non-ASCII characters in version 2.
    pub(crate) ascii: bool,
    /// `callback`: the function a script calls with the JSON.
    pub(crate) callback: Option<String>,
    /// `includexmlnamespace`.
    pub(crate) xml_namespace: bool,
    /// `wrappedhtml`: the page's content inside JSON.
    pub(crate) wrapped: bool,
    /// How long the request has taken, shown by `wrappedhtml`.
    pub(crate) elapsed: Duration,
}

impl Format {
    /// The format of a value of `format`, with or without `fm`; JSON if there is none of that name.
    pub(crate) fn named(name: &str) -> Self {
        match name.strip_suffix("fm").unwrap_or(name) {
            "xml" => Self::Xml,
            "php" => Self::Php,
            "raw" => Self::Raw,
            "none" => Self::None,
            _ => Self::Json,
        }
    }
}

impl OutputOptions {
    fn escapes(&self) -> bool {
        match self.version {
            Version::V1 => !self.utf8,
            Version::V2 => self.ascii,
        }
    }

    /// The tree as text, with line breaks and indentation for people.
    fn text(&self, value: &Value, pretty: bool) -> String {
        match self.format {
            Format::Json => {
                let json = json::print(&plain::lower(value, self.version), self.escapes(), pretty);
                match &self.callback {
                    // The comment keeps the name from being taken for the start of another kind of file.
                    Some(name) => format!("/**/{}({json})", callback_name(name)),
                    None => json,
                }
            }
            Format::Xml => xml::print(value, self.xml_namespace, pretty),
            Format::Php => php::print(&plain::lower(value, self.version)),
            Format::Raw => json::print(&plain::lower(value, Version::V2), false, pretty),
            Format::None => String::new(),
        }
    }
}

/// An answer's body and what its headers say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Printed {
    /// `Content-Type`.
    pub(crate) content_type: &'static str,
    /// The file name of `Content-Disposition: inline`.
    pub(crate) file_name: &'static str,
    /// The body.
    pub(crate) body: Vec<u8>,
}

/// Prints a tree.
pub(crate) fn print(value: &Value, options: &OutputOptions) -> Printed {
    if options.fm && options.format != Format::None {
        let text = options.text(value, true);
        return if options.wrapped {
            Printed {
                content_type: "text/mediawiki-api-prettyprint-wrapped; charset=utf-8",
                file_name: "api-result-wrapped.json",
                body: page::wrapped(&text, value, options.elapsed).into_bytes(),
            }
        } else {
            Printed {
                content_type: "text/html; charset=utf-8",
                file_name: "api-result.html",
                body: page::page(&text, options.format).into_bytes(),
            }
        };
    }
    let (content_type, file_name) = match options.format {
        Format::Json if options.callback.is_some() => ("text/javascript; charset=utf-8", "api-result.js"),
        Format::Json | Format::Raw => ("application/json; charset=utf-8", "api-result.json"),
        Format::Xml => ("text/xml; charset=utf-8", "api-result.xml"),
        Format::Php => ("application/vnd.php.serialized; charset=utf-8", "api-result.php"),
        Format::None => ("text/plain; charset=utf-8", "api-result.txt"),
    };
    Printed { content_type, file_name, body: options.text(value, false).into_bytes() }
}

/// What may stand before the parenthesis: names, members and indexes.
fn callback_name(raw: &str) -> String {
    raw.chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '[' | ']' | '\'' | '"'))
        .collect()
}

#[cfg(test)]
mod tests;
