//! The forms of an answer, and their parameters.

use std::future::ready;

use crate::module::{Kind, Module, Needs};
use crate::output::{Format, OutputOptions, Version};
use crate::params::{Spec, Value, Values, boolean, choice, text};

const fn format(name: &'static str, summary: &'static str, params: &'static [Spec]) -> Module {
    Module {
        name,
        kind: Kind::Format,
        prefix: "",
        summary,
        generator: false,
        params,
        needs: Needs::NOTHING,
        examples: &[],
        run: |_, _| Box::pin(ready(Ok(()))),
    }
}

const CALLBACK: Spec = text().declared(
    "callback",
    "Wraps the answer in a call of this function; the caller is treated as logged out.",
);
const UTF8: Spec = boolean().declared("utf8", "Write letters beyond ASCII as they are.");
const ASCII: Spec = boolean().declared("ascii", "Write letters beyond ASCII as escapes.");
const VERSION: Spec = choice(&["1", "2", "latest"])
    .default("1")
    .declared("formatversion", "1: as in 2005, with booleans as empty strings. 2: modern.");
const WRAPPED: Spec = boolean().declared("wrappedhtml", "Give the page as a member of a JSON object.");
const NAMESPACE: Spec = boolean().declared("includexmlnamespace", "Name the XML namespace.");

pub(crate) const JSON: Module = format("json", "JSON.", &[CALLBACK, UTF8, ASCII, VERSION]);
pub(crate) const JSONFM: Module =
    format("jsonfm", "JSON as a page to read.", &[WRAPPED, CALLBACK, UTF8, ASCII, VERSION]);
pub(crate) const NONE: Module = format("none", "Nothing.", &[]);
pub(crate) const PHP: Module = format("php", "PHP's serialisation.", &[VERSION]);
pub(crate) const PHPFM: Module =
    format("phpfm", "PHP's serialisation as a page to read.", &[WRAPPED, VERSION]);
pub(crate) const RAWFM: Module = format("rawfm", "The result's inner form as a page to read.", &[WRAPPED]);
pub(crate) const XML: Module = format("xml", "XML.", &[NAMESPACE]);
pub(crate) const XMLFM: Module = format("xmlfm", "XML as a page to read.", &[WRAPPED, NAMESPACE]);

/// How to print, from the format's own parameters.
pub(crate) fn options(module: &Module, mut values: Values) -> OutputOptions {
    let mut given = |name: &str| match values.take(name) {
        Value::Text(text) => Some(text),
        Value::Bool(true) => Some(String::new()),
        _ => None,
    };
    let version = match given("formatversion").as_deref() {
        Some("2" | "latest") => Version::V2,
        _ => Version::V1,
    };
    OutputOptions {
        version,
        utf8: given("utf8").is_some(),
        ascii: given("ascii").is_some(),
        callback: given("callback").filter(|name| !name.is_empty()),
        wrapped: given("wrappedhtml").is_some(),
        xml_namespace: given("includexmlnamespace").is_some(),
        format: Format::named(module.name),
        fm: module.name.ends_with("fm"),
        ..OutputOptions::default()
    }
}
