//! Errors and warnings in the form that the client asked for.

use commonhold_core::{Data, Message, Refusal};

use crate::message;
use crate::output::{List, Map, Value};

/// How errors and warnings are shown (`errorformat`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ErrorFormat {
    /// As before 2016: one error, texts in English.
    #[default]
    Bc,
    /// Plain text; `wikitext` looks the same here, since our texts hold no markup.
    Text,
    /// HTML.
    Html,
    /// Message keys with their parameters.
    Raw,
    /// Codes alone.
    None,
}

impl ErrorFormat {
    /// By the parameter's value.
    pub(crate) fn named(name: &str) -> Self {
        match name {
            "plaintext" | "wikitext" => Self::Text,
            "html" => Self::Html,
            "raw" => Self::Raw,
            "none" => Self::None,
            _ => Self::Bc,
        }
    }
}

/// A warning of a module.
#[derive(Clone, Debug)]
pub(crate) struct Warning {
    /// The module's path.
    pub(crate) path: String,
    /// What a program goes by.
    pub(crate) code: &'static str,
    /// What is said to people.
    pub(crate) message: Message,
    /// Further facts.
    pub(crate) data: Vec<(&'static str, Data)>,
}

/// Puts the warnings, joined for each module in the old format.
pub(crate) fn put_warnings(result: &mut Map, warnings: &[Warning], format: ErrorFormat) {
    if warnings.is_empty() {
        return;
    }
    if format != ErrorFormat::Bc {
        let items = warnings.iter().map(|w| item(format, w.code, &w.message, &w.data, &w.path));
        result.set("warnings", List::of("warning", items));
        return;
    }
    let mut texts: Vec<(&str, String)> = Vec::new();
    for warning in warnings {
        let module = warning.path.rsplit('+').next().unwrap_or_default();
        let text = message::text(&warning.message);
        match texts.iter_mut().find(|(name, _)| *name == module) {
            Some((_, joined)) if joined.lines().any(|line| line == text) => {}
            Some((_, joined)) => {
                joined.push('\n');
                joined.push_str(&text);
            }
            None => texts.push((module, text)),
        }
    }
    let mut all = Map::new();
    for (module, text) in texts {
        let mut map = Map::new();
        map.set_content("warnings", text);
        all.set(module.to_owned(), map);
    }
    result.set("warnings", all);
}

/// Puts an error.
pub(crate) fn put_error(result: &mut Map, refusal: &Refusal, path: &str, format: ErrorFormat, help: &str) {
    if format != ErrorFormat::Bc {
        let item = item(format, &refusal.code, &refusal.message, &refusal.data, path);
        result.set("errors", List::of("error", [item]));
        result.set_content("docref", help.to_owned());
        return;
    }
    let mut error = Map::new();
    error.set("code", refusal.code.clone().into_owned());
    error.set("info", message::text(&refusal.message));
    for (key, value) in &refusal.data {
        // The details of `badupload` have keys that are taken here.
        if !matches!(*key, "code" | "info") {
            error.set(*key, data(key, value));
        }
    }
    error.set_content("docref", help.to_owned());
    result.set("error", error);
}

/// A refusal within a result, such as a login's `reason`: its text, or an object in the newer formats.
pub(crate) fn described(refusal: &Refusal, format: ErrorFormat) -> Value {
    if format == ErrorFormat::Bc {
        message::text(&refusal.message).into()
    } else {
        let mut map = Map::new();
        map.set("code", refusal.code.clone().into_owned());
        put_text(&mut map, format, &refusal.message);
        map.into()
    }
}

/// A refusal that is one of the errors in a result: key and parameters, or an object in the newer formats.
pub(crate) fn within(refusal: &Refusal, format: ErrorFormat) -> Map {
    let mut map = Map::new();
    if format == ErrorFormat::Bc {
        let params = refusal.message.params.iter().map(|param| Value::from(&Data::from(param)));
        map.set("message", refusal.message.key.clone().into_owned()).set("params", List::of("param", params));
        map.set("code", refusal.code.clone().into_owned()).set("type", "error");
    } else {
        map.set("code", refusal.code.clone().into_owned());
        put_text(&mut map, format, &refusal.message);
    }
    map
}

fn item(
    format: ErrorFormat,
    code: &str,
    message: &Message,
    extra: &[(&'static str, Data)],
    path: &str,
) -> Value {
    let mut map = Map::new();
    map.set("code", code.to_owned());
    put_text(&mut map, format, message);
    if !extra.is_empty() {
        let mut all = Map::new();
        for (key, value) in extra {
            all.set(*key, data(key, value));
        }
        map.set("data", all);
    }
    map.set("module", path.to_owned());
    map.into()
}

fn put_text(map: &mut Map, format: ErrorFormat, message: &Message) {
    match format {
        ErrorFormat::Bc | ErrorFormat::Text => {
            map.set_content("text", message::text(message));
        }
        ErrorFormat::Html => {
            map.set_content("html", crate::html::escape(&message::text(message)));
        }
        ErrorFormat::Raw => {
            map.set("key", message.key.clone().into_owned());
            let params = message.params.iter().map(|p| Value::from(&Data::from(p)));
            map.set("params", List::of("param", params));
        }
        ErrorFormat::None => {}
    }
}

/// The extra facts of an error, with the names that XML gives the items of its lists.
fn data(key: &str, value: &Data) -> Value {
    match value {
        // Its items have no name.
        Data::List(_) if key == "disallowedtags" => Value::from(value),
        Data::List(items) => {
            let tag = match key {
                "allowed" | "blacklisted" => "ext",
                "details" => "detail",
                "stasherrors" => "error",
                "values" => "v",
                _ => "item",
            };
            List::of(tag, items.iter().map(Value::from)).into()
        }
        other => Value::from(other),
    }
}
