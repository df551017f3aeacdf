//! XML: scalars are attributes, maps and lists are elements.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::number::{self, Digits};
use super::php::array_index;
use super::value::{Entry, List, Map, Role, Value};

/// What items are called for which nobody chose a name.
const UNNAMED: &str = "_v";

/// The tree as a document, with `pretty` two spaces a level.
pub(super) fn print(value: &Value, namespace: bool, pretty: bool) -> String {
    let mut writer = Writer { out: "<?xml version=\"1.0\"?>".to_owned(), pretty };
    let namespace = if namespace { Some(("xmlns", "http://www.mediawiki.org/xml/api/")) } else { None };
    let root = Element { tag: "api".into(), first: None, last: namespace, named: false, depth: 0 };
    writer.element(&root, value);
    writer.out
}

/// An element about to be written.
struct Element<'a> {
    tag: Cow<'a, str>,
    /// An attribute before those of the value.
    first: Option<(&'static str, &'a str)>,
    /// An attribute after them.
    last: Option<(&'static str, &'a str)>,
    /// A named value rather than one of a list's: its text's spaces are said to matter.
    named: bool,
    depth: usize,
}

struct Writer {
    out: String,
    pretty: bool,
}

impl Writer {
    fn element(&mut self, element: &Element<'_>, value: &Value) {
        self.line(element.depth);
        let _ = write!(self.out, "<{}", element.tag);
        if let Some((name, text)) = element.first {
            self.attribute(name, text);
        }
        match value {
            Value::List(list) => self.list(element, list),
            Value::Map(map) => self.map(element, map),
            scalar => self.scalar(element, scalar),
        }
    }

    fn scalar(&mut self, element: &Element<'_>, value: &Value) {
        let Some(text) = text_of(value) else { return self.end_empty(element) };
        if element.named {
            self.attribute("xml:space", "preserve");
        }
        self.end_with_text(element, &text);
    }

    fn list(&mut self, element: &Element<'_>, list: &List) {
        if list.items.is_empty() {
            return self.end_empty(element);
        }
        self.begin_children(element);
        for (index, item) in list.items.iter().enumerate() {
            let index = index.to_string();
            let first = if list.indexed { Some(("_idx", index.as_str())) } else { None };
            self.element(&item_of(element, list.tag, first), item);
        }
        self.end(element);
    }

    fn map(&mut self, element: &Element<'_>, map: &Map) {
        let mut children = Vec::new();
        let mut numbered = Vec::new();
        let mut content = None;
        for entry in &map.entries {
            if array_index(&entry.key).is_some() {
                numbered.push(entry);
            } else if entry.role == Role::Content {
                content = Some(entry);
            } else if !entry.value.is_scalar() {
                children.push(entry);
            } else if let Some(text) = attribute_of(&entry.value) {
                self.attribute(&name_of(&entry.key), &text);
            }
        }
        if children.is_empty()
            && numbered.is_empty()
            && let Some(text) = content.and_then(|entry| text_of(&entry.value))
        {
            self.attribute("xml:space", "preserve");
            return self.end_with_text(element, &text);
        }
        // Text cannot stand beside elements: it becomes one.
        children.extend(content.filter(|entry| !matches!(entry.value, Value::Null)));
        if children.is_empty() && numbered.is_empty() {
            return self.end_empty(element);
        }
        self.begin_children(element);
        for Entry { key, value, .. } in children {
            let child =
                Element { tag: name_of(key), first: None, last: None, named: true, depth: element.depth + 1 };
            self.element(&child, value);
        }
        for Entry { key, value, .. } in numbered {
            self.element(&item_of(element, map.tag, Some(("_idx", key))), value);
        }
        self.end(element);
    }

    fn attribute(&mut self, name: &str, text: &str) {
        let _ = write!(self.out, " {name}=\"");
        for c in text.chars() {
            match c {
                '"' => self.out.push_str("&quot;"),
                '\'' => self.out.push_str("&#039;"),
                '\t' => self.out.push_str("&#9;"),
                '\n' => self.out.push_str("&#10;"),
                '\r' => self.out.push_str("&#13;"),
                c => self.character(c),
            }
        }
        self.out.push('"');
    }

    fn character(&mut self, c: char) {
        match c {
            '&' => self.out.push_str("&amp;"),
            '<' => self.out.push_str("&lt;"),
            '>' => self.out.push_str("&gt;"),
            '\t' | '\n' | '\r' => self.out.push(c),
            // No document may have these, escaped or not.
            '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => self.out.push('\u{fffd}'),
            c => self.out.push(c),
        }
    }

    fn end_empty(&mut self, element: &Element<'_>) {
        self.last_attribute(element);
        self.out.push_str(" />");
    }

    fn end_with_text(&mut self, element: &Element<'_>, text: &str) {
        if text.is_empty() {
            return self.end_empty(element);
        }
        self.last_attribute(element);
        self.out.push('>');
        for c in text.chars() {
            self.character(c);
        }
        let _ = write!(self.out, "</{}>", element.tag);
    }

    fn begin_children(&mut self, element: &Element<'_>) {
        self.last_attribute(element);
        self.out.push('>');
    }

    fn end(&mut self, element: &Element<'_>) {
        self.line(element.depth);
        let _ = write!(self.out, "</{}>", element.tag);
    }

    fn last_attribute(&mut self, element: &Element<'_>) {
        if let Some((name, text)) = element.last {
            self.attribute(name, text);
        }
    }

    fn line(&mut self, depth: usize) {
        if self.pretty {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n("  ", depth));
        }
    }
}

fn item_of<'a>(
    parent: &Element<'_>,
    tag: Option<&'static str>,
    first: Option<(&'static str, &'a str)>,
) -> Element<'a> {
    Element {
        tag: tag.map_or(UNNAMED.into(), name_of),
        first,
        last: None,
        named: false,
        depth: parent.depth + 1,
    }
}

/// An attribute says `true` by being there.
fn attribute_of(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Bool(true) | Value::RealBool(true) => Some("".into()),
        Value::Bool(false) | Value::RealBool(false) => None,
        other => text_of(other),
    }
}

/// What an element with a scalar holds; nothing for `Null`.
fn text_of(value: &Value) -> Option<Cow<'_, str>> {
    Some(match value {
        Value::Bool(true) | Value::RealBool(true) => "true".into(),
        Value::Bool(false) | Value::RealBool(false) => "false".into(),
        Value::Int(number) => number.to_string().into(),
        Value::Float(number) if number.is_finite() => number::float(*number, Digits::Fourteen, 'E').into(),
        Value::Str(text) => text.into(),
        Value::Null | Value::Float(_) | Value::List(_) | Value::Map(_) => return None,
    })
}

/// A name XML allows: others begin with `_` and have `.41.` for a character U+0041 that it does not.
fn name_of(key: &str) -> Cow<'_, str> {
    let mut chars = key.chars();
    if chars.next().is_some_and(begins_name) && chars.all(continues_name) {
        return key.into();
    }
    let mut name = String::from("_");
    for c in key.chars() {
        if continues_name(c) && c != '.' {
            name.push(c);
        } else {
            let _ = write!(name, ".{:X}.", u32::from(c));
        }
    }
    name.into()
}

/// XML's own rule but for `:`, which is for namespaces, and `_`, which is for names that were changed.
fn begins_name(c: char) -> bool {
    matches!(c, 'A'..='Z' | 'a'..='z' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}'
        | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}' | '\u{2070}'..='\u{218f}'
        | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}'
        | '\u{fdf0}'..='\u{fffd}' | '\u{10000}'..='\u{effff}')
}

fn continues_name(c: char) -> bool {
    begins_name(c)
        || matches!(c, '_' | '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}')
}
