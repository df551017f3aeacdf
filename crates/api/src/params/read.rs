//! From what was sent to typed values, with MediaWiki's errors and warnings.

use std::collections::{HashMap, HashSet};

use commonhold_core::block::Target;
use commonhold_core::right::Right;
use commonhold_core::tag::check_usable;
use commonhold_core::user::UserName;
use commonhold_core::{Expiry, Message, Param, Refusal, Timestamp};
use commonhold_repo::Received;

use super::spec::{Bound, Kind, Spec};
use crate::context::Context;
use crate::failure::Failure;
use crate::module::Module;

/// Most values of a parameter, and most with the right `apihighlimits`.
pub(crate) const VALUES: usize = 50;
pub(crate) const VALUES_HIGH: usize = 500;
/// Most items of a list, and most with the right `apihighlimits`.
pub(crate) const ITEMS: i64 = 500;
pub(crate) const ITEMS_HIGH: i64 = 5000;
/// Separates values when one of them holds a `|`.
const UNIT_SEPARATOR: char = '\u{1f}';

/// A file part of the body, as it was received.
pub(crate) enum Uploaded {
    /// Stored, or counted only because the session may not upload.
    Part(Box<Received>),
    /// It arrived, but could not be stored.
    NotStored,
    /// Larger than a file may be; the size is the limit.
    TooLarge(u64),
}

/// A validated value.
pub(crate) enum Value {
    /// Not given, no default.
    Absent,
    /// A boolean.
    Bool(bool),
    /// A single text.
    Text(String),
    /// A number.
    Int(i64),
    /// Several values.
    List(Vec<String>),
    /// A moment.
    Time(Timestamp),
    /// An end.
    Expiry(Expiry),
    /// A file part.
    Part(Box<Received>),
}

/// A module's validated values, by name without prefix.
#[derive(Default)]
pub(crate) struct Values(HashMap<&'static str, Value>);

impl Values {
    /// Takes a value out.
    pub(crate) fn take(&mut self, name: &str) -> Value {
        self.0.remove(name).unwrap_or(Value::Absent)
    }
}

/// A field's type, made from a validated value.
pub(crate) trait FromValue {
    /// Makes it. [`Spec`]s and field types that don't fit give the type's empty value.
    fn from_value(value: Value) -> Self;
}

impl FromValue for bool {
    fn from_value(value: Value) -> Self {
        matches!(value, Value::Bool(true))
    }
}

impl FromValue for Option<String> {
    fn from_value(value: Value) -> Self {
        match value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl FromValue for String {
    fn from_value(value: Value) -> Self {
        Option::from_value(value).unwrap_or_default()
    }
}

impl FromValue for Option<i64> {
    fn from_value(value: Value) -> Self {
        match value {
            Value::Int(number) => Some(number),
            _ => None,
        }
    }
}

impl FromValue for i64 {
    fn from_value(value: Value) -> Self {
        Option::from_value(value).unwrap_or_default()
    }
}

impl FromValue for Option<Vec<String>> {
    fn from_value(value: Value) -> Self {
        match value {
            Value::List(list) => Some(list),
            _ => None,
        }
    }
}

impl FromValue for Vec<String> {
    fn from_value(value: Value) -> Self {
        Option::from_value(value).unwrap_or_default()
    }
}

impl FromValue for Option<Timestamp> {
    fn from_value(value: Value) -> Self {
        match value {
            Value::Time(time) => Some(time),
            _ => None,
        }
    }
}

impl FromValue for Option<Expiry> {
    fn from_value(value: Value) -> Self {
        match value {
            Value::Expiry(expiry) => Some(expiry),
            _ => None,
        }
    }
}

impl FromValue for Option<Received> {
    fn from_value(value: Value) -> Self {
        match value {
            Value::Part(part) => Some(*part),
            _ => None,
        }
    }
}

/// Gets what validating a module's parameters takes, so that it has to wait for nothing.
pub(crate) async fn prepare(cx: &mut Context, module: &'static Module) -> Result<(), Failure> {
    let sent = |spec: &Spec| cx.request.fields.peek(&format!("{}{}", module.prefix, spec.name)).is_some();
    if module.params.iter().any(|spec| spec.kind == Kind::Tags && sent(spec)) {
        cx.usable_tags = cx.repo.usable_tags().await?;
    }
    Ok(())
}

/// Validates what was sent for a module's parameters, in the order of their declaration; `token` comes last, as it is
/// declared last everywhere.
pub(crate) fn read(cx: &mut Context, module: &'static Module) -> Result<Values, Refusal> {
    read_with_prefix(cx, module, module.prefix)
}

/// The same where the parameters' names begin otherwise.
pub(crate) fn read_with_prefix(
    cx: &mut Context,
    module: &'static Module,
    prefix: &str,
) -> Result<Values, Refusal> {
    let mut values = Values::default();
    for spec in module.params {
        if !(spec.offered)(cx.repo.settings()) {
            continue;
        }
        let name = format!("{prefix}{}", spec.name);
        let value = read_one(cx, module, spec, &name)?;
        if !matches!(value, Value::Absent) {
            values.0.insert(spec.name, value);
        }
    }
    Ok(values)
}

fn read_one(cx: &mut Context, module: &'static Module, spec: &Spec, name: &str) -> Result<Value, Refusal> {
    if spec.kind == Kind::Upload {
        return read_part(cx, name);
    }
    let sent = cx.request.fields.take(name);
    if let Some(field) = &sent {
        if field.array {
            let message = Message::new("apiwarn-unsupportedarray").with(name);
            cx.warn_at(module, "unsupportedarray", message);
        }
        if field.repaired {
            let message = Message::new("apiwarn-badutf8").with(name);
            cx.warn_at(module, "badutf8", message);
        }
        if spec.deprecated && !field.array {
            cx.warn_deprecated_param(module, name);
        }
    }
    let sent = sent.filter(|field| !field.array).map(|field| field.value);
    if spec.kind == Kind::Boolean {
        return Ok(Value::Bool(sent.is_some()));
    }
    let text = match sent {
        Some(text) => text,
        None if spec.required => return Err(missing(name)),
        None => match spec.default {
            Some(default) => default.to_owned(),
            None => return Ok(Value::Absent),
        },
    };
    if spec.multi {
        return read_list(cx, module, spec, name, &text).map(Value::List);
    }
    if text.starts_with(UNIT_SEPARATOR) {
        return Err(Refusal::new(
            "badvalue",
            Message::new("paramvalidator-notmulti")
                .with(Param::Plain(name.to_owned()))
                .with(Param::Plain(text)),
        ));
    }
    read_single(cx, module, spec, name, text)
}

fn read_single(
    cx: &mut Context,
    module: &'static Module,
    spec: &Spec,
    name: &str,
    text: String,
) -> Result<Value, Refusal> {
    let bad = |key: &'static str, code: &'static str, text: &str| {
        let message =
            Message::new(key).with(Param::Plain(name.to_owned())).with(Param::Plain(text.to_owned()));
        Refusal::new(code, message)
    };
    match spec.kind {
        // Tags are always several.
        Kind::Boolean | Kind::Upload | Kind::Tags => Ok(Value::Absent),
        Kind::Text if spec.required && text.is_empty() => Err(missing(name)),
        Kind::Text => Ok(Value::Text(text)),
        Kind::Integer { min, max } => {
            let number =
                whole_number(&text).ok_or_else(|| bad("paramvalidator-badinteger", "badinteger", &text))?;
            let max = match max {
                Bound::Open => None,
                Bound::UploadSize => {
                    Some(i64::try_from(cx.repo.settings().uploads.max_bytes).unwrap_or(i64::MAX))
                }
            };
            Ok(Value::Int(clamp(cx, module, name, number, min, max, max)))
        }
        Kind::Limit => {
            let most = if cx.session.caller.can(Right::Apihighlimits) { ITEMS_HIGH } else { ITEMS };
            if text == "max" {
                cx.limits.push((module.name, most));
                return Ok(Value::Int(most));
            }
            let number =
                whole_number(&text).ok_or_else(|| bad("paramvalidator-badinteger", "badinteger", &text))?;
            Ok(Value::Int(clamp(cx, module, name, number, Some(1), Some(most), Some(ITEMS_HIGH))))
        }
        Kind::Choice(_) | Kind::Submodule(_) | Kind::Namespace => {
            if spec.words().unwrap_or_default().contains(&text.as_str()) {
                return Ok(Value::Text(text));
            }
            Err(bad("paramvalidator-badvalue-enumnotmulti", "badvalue", &text))
        }
        Kind::Timestamp => {
            let now = cx.repo.now();
            if text.is_empty() || text == "0" {
                let message = Message::new("paramvalidator-unclearnowtimestamp")
                    .with(Param::Plain(name.to_owned()))
                    .with(Param::Plain(text));
                cx.warn_at(module, "unclearnowtimestamp", message);
                return Ok(Value::Time(now));
            }
            let time = Timestamp::parse(&text, now);
            time.map(Value::Time).ok_or_else(|| bad("paramvalidator-badtimestamp", "badtimestamp", &text))
        }
        Kind::Expiry => read_expiry(cx, module, name, &text).map(Value::Expiry),
        Kind::Target => match Target::parse(&text) {
            Ok(target) => Ok(Value::Text(target.text())),
            Err(refusal) if refusal.code == "invaliduser" => {
                Err(bad("paramvalidator-baduser", "baduser", &text))
            }
            // What is wrong with a network is said when all else is well.
            Err(_) => Ok(Value::Text(text)),
        },
        Kind::User => {
            let address = text.parse::<std::net::IpAddr>().ok().map(|ip| ip.to_string());
            let name = address.or_else(|| UserName::canonical(&text).map(|n| n.as_str().to_owned()));
            name.map(Value::Text).ok_or_else(|| bad("paramvalidator-baduser", "baduser", &text))
        }
    }
}

/// When something on a watchlist ends; later than may be means as late as may be.
fn read_expiry(cx: &mut Context, module: &Module, name: &str, text: &str) -> Result<Expiry, Refusal> {
    let now = cx.repo.now();
    let message = |key: &'static str| {
        Message::new(key).with(Param::Plain(name.to_owned())).with(Param::Plain(text.to_owned()))
    };
    let Some(expiry) = Expiry::parse(text, now) else {
        return Err(Refusal::new("badexpiry", message("paramvalidator-badexpiry")));
    };
    let Some(end) = expiry.moment() else { return Ok(expiry) };
    if end < now {
        return Err(Refusal::new("badexpiry-past", message("paramvalidator-badexpiry-past")));
    }
    let max = cx.repo.settings().watchlist.max_expiry.clone();
    match Expiry::parse(&max, now).and_then(Expiry::moment) {
        Some(latest) if end > latest => {
            let code = "paramvalidator-badexpiry-duration-max";
            cx.warn_at(module, code, message(code).with(max));
            Ok(Expiry::At(latest))
        }
        _ => Ok(expiry),
    }
}

fn read_list(
    cx: &mut Context,
    module: &'static Module,
    spec: &Spec,
    name: &str,
    text: &str,
) -> Result<Vec<String>, Refusal> {
    let words = spec.words();
    if let (true, "*", Some(words)) = (spec.all, text, &words) {
        return Ok(words.iter().map(|w| (*w).to_owned()).collect());
    }
    let mut values: Vec<String> = Vec::new();
    for value in split(text) {
        // The refusal names tags as often as they were sent.
        if spec.duplicates || spec.kind == Kind::Tags || !values.contains(&value) {
            values.push(value);
        }
    }
    let most = if cx.session.caller.can(Right::Apihighlimits) { VALUES_HIGH } else { VALUES };
    if values.len() > most {
        let message = Message::new("paramvalidator-toomanyvalues").with(name).with(most as i64);
        return Err(Refusal::new("toomanyvalues", message)
            .with("limit", most as i64)
            .with("lowlimit", VALUES as i64)
            .with("highlimit", VALUES_HIGH as i64));
    }
    if spec.kind == Kind::Tags {
        check_usable(&cx.usable_tags, &values)?;
        let mut seen = HashSet::new();
        values.retain(|tag| seen.insert(tag.clone()));
    }
    if let Some(words) = words {
        let (known, unknown): (Vec<_>, Vec<_>) =
            values.into_iter().partition(|v| words.contains(&v.as_str()));
        if !unknown.is_empty() {
            let message = Message::new("paramvalidator-unrecognizedvalues")
                .with(Param::Plain(name.to_owned()))
                .with(Param::List(unknown.clone()))
                .with(unknown.len() as i64);
            cx.warn_with(module, "unrecognizedvalues", message, vec![("values", unknown.into())]);
        }
        values = known;
    }
    if matches!(spec.kind, Kind::Timestamp | Kind::User | Kind::Integer { .. }) {
        for value in &values {
            read_single(cx, module, spec, name, value.clone())?;
        }
    }
    if spec.required && values.is_empty() {
        return Err(missing(name));
    }
    Ok(values)
}

fn read_part(cx: &mut Context, name: &str) -> Result<Value, Refusal> {
    match cx.request.parts.remove(name) {
        Some(Uploaded::Part(part)) => Ok(Value::Part(part)),
        Some(Uploaded::NotStored) => Err(bad_upload(name, "cantwrite")),
        Some(Uploaded::TooLarge(limit)) => Err(bad_upload(name, "inisize").with("size", limit as i64)),
        None if cx.request.fields.take(name).is_some() => Err(bad_upload(name, "notupload")),
        None => Ok(Value::Absent),
    }
}

fn bad_upload(name: &str, code: &'static str) -> Refusal {
    let key = format!("paramvalidator-badupload-{code}");
    let message = Message::new(key).with(Param::Plain(name.to_owned()));
    Refusal::new("badupload", message).with("code", code)
}

fn missing(name: &str) -> Refusal {
    Refusal::new(
        "missingparam",
        Message::new("paramvalidator-missingparam").with(Param::Plain(name.to_owned())),
    )
}

fn clamp(
    cx: &mut Context,
    module: &'static Module,
    name: &str,
    number: i64,
    min: Option<i64>,
    max: Option<i64>,
    high: Option<i64>,
) -> i64 {
    let clamped = number.max(min.unwrap_or(i64::MIN)).min(max.unwrap_or(i64::MAX));
    if clamped == number {
        return number;
    }
    let key = match (min, max) {
        (Some(_), Some(_)) => "paramvalidator-outofrange-minmax",
        (_, None) => "paramvalidator-outofrange-min",
        (None, _) => "paramvalidator-outofrange-max",
    };
    let mut message =
        Message::new(key).with(Param::Plain(name.to_owned())).with(Param::Plain(number.to_string()));
    for bound in [min, max].into_iter().flatten() {
        message = message.with(bound);
    }
    let or_null = |bound: Option<i64>| bound.map_or(commonhold_core::Data::Null, Into::into);
    let data = vec![
        ("min", or_null(min)),
        ("curmax", or_null(max)),
        ("max", or_null(max)),
        ("highmax", or_null(high)),
    ];
    cx.warn_with(module, "outofrange", message, data);
    clamped
}

fn whole_number(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// Splits a multi-value: at `|`, or at U+001F if it begins with that. An empty value is no values.
pub(crate) fn split(text: &str) -> Vec<String> {
    if text.is_empty() {
        return Vec::new();
    }
    match text.strip_prefix(UNIT_SEPARATOR) {
        Some(rest) => rest.split(UNIT_SEPARATOR).map(str::to_owned).collect(),
        None => text.split('|').map(str::to_owned).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_whole() {
        for (text, number) in
            [("7", Some(7)), ("+7", Some(7)), ("-7", Some(-7)), ("", None), ("7 ", None), ("0x7", None)]
        {
            assert_eq!(whole_number(text), number, "{text}");
        }
        assert_eq!(whole_number("99999999999999999999"), None);
    }

    #[test]
    fn values_are_split_at_pipes_or_unit_separators() {
        assert_eq!(split("a|b"), ["a", "b"]);
        assert_eq!(split("\u{1f}a|b\u{1f}c"), ["a|b", "c"]);
        assert!(split("").is_empty());
        assert_eq!(split("|"), ["", ""]);
    }
}
