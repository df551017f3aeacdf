//! A tree as one version of the formats has it: what JSON and PHP print.

use std::borrow::Cow;

use super::Version;
use super::value::{Entry, List, Map, Role, Shape, Value};

/// A value with nothing left to decide.
#[derive(Debug, PartialEq)]
pub(super) enum Plain<'a> {
    /// No value.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A finite number.
    Float(f64),
    /// Text.
    Str(&'a str),
    /// Values in order.
    List(Vec<Plain<'a>>),
    /// Named values in order.
    Map(Vec<(Cow<'a, str>, Plain<'a>)>),
}

/// The tree in a version.
pub(super) fn lower(value: &Value, version: Version) -> Plain<'_> {
    present(value, version).unwrap_or(Plain::Null)
}

/// `None` for what a version says by leaving it out.
fn present(value: &Value, version: Version) -> Option<Plain<'_>> {
    Some(match value {
        Value::Bool(truth) => match (version, truth) {
            (Version::V2, truth) => Plain::Bool(*truth),
            (Version::V1, true) => Plain::Str(""),
            (Version::V1, false) => return None,
        },
        Value::RealBool(truth) => Plain::Bool(*truth),
        Value::Int(number) => Plain::Int(*number),
        Value::Float(number) if number.is_finite() => Plain::Float(*number),
        Value::Null | Value::Float(_) => Plain::Null,
        Value::Str(text) => Plain::Str(text),
        Value::List(list) => lower_list(list, version),
        Value::Map(map) => lower_map(map, version),
    })
}

fn lower_list(list: &List, version: Version) -> Plain<'_> {
    let items = list.items.iter().filter_map(|item| present(item, version));
    if list.indexed && version == Version::V2 {
        Plain::Map(items.enumerate().map(|(index, item)| (index.to_string().into(), item)).collect())
    } else {
        Plain::List(items.collect())
    }
}

fn lower_map(map: &Map, version: Version) -> Plain<'_> {
    let values = || map.entries.iter().filter_map(|entry| present(&entry.value, version));
    match (map.shape, version) {
        (Shape::ListInV2, Version::V2) => Plain::List(values().collect()),
        // Without a key nothing tells it from a list.
        (Shape::ListInV2, Version::V1) if map.is_empty() => Plain::List(Vec::new()),
        (_, Version::V1) => {
            let mut entries = Vec::with_capacity(map.entries.len());
            let mut content = None;
            for Entry { key, role, value } in &map.entries {
                let Some(value) = present(value, version) else { continue };
                match role {
                    Role::Content => content = Some(("*".into(), value)),
                    Role::Plain => entries.push((key.as_ref().into(), value)),
                }
            }
            entries.extend(content);
            Plain::Map(entries)
        }
        (_, Version::V2) => {
            Plain::Map(map.entries.iter().map(|entry| entry.key.as_ref().into()).zip(values()).collect())
        }
    }
}
