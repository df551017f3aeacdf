//! The tree a module answers with.
//!
//! It holds each fact once; what differs between the formats and their versions is said by the kind of a value or
//! of an entry, and applied by the printers.

use std::borrow::Cow;

use commonhold_core::data::Data;

/// A value in an answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// No value.
    Null,
    /// A truth value; in version 1 `""` when true and absent when false.
    Bool(bool),
    /// A truth value that stays one in version 1.
    RealBool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// Text.
    Str(String),
    /// Values in order.
    List(List),
    /// Named values in order.
    Map(Map),
}

/// Values in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct List {
    pub(super) items: Vec<Value>,
    pub(super) tag: Option<&'static str>,
    pub(super) indexed: bool,
}

/// Named values in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Map {
    pub(super) entries: Vec<Entry>,
    pub(super) shape: Shape,
    pub(super) tag: Option<&'static str>,
}

/// One name and its value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) key: Cow<'static, str>,
    pub(super) role: Role,
    pub(super) value: Value,
}

/// What an entry is to its map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// An attribute in XML when it is a scalar.
    Plain,
    /// The element's text in XML, `*` in version 1.
    Content,
}

/// What a map becomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Shape {
    /// A map everywhere.
    #[default]
    Object,
    /// A list of its values in version 2.
    ListInV2,
}

impl Value {
    /// The map inside, if it is one.
    pub(crate) fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// Whether XML can write it as an attribute or as text.
    pub(super) fn is_scalar(&self) -> bool {
        !matches!(self, Self::List(_) | Self::Map(_))
    }

    /// A list's items, or a map's numbered entries, are named `tag` in XML; other values stay as they are.
    pub(crate) fn tagged(mut self, tag: &'static str) -> Self {
        match &mut self {
            Self::List(list) => list.tag = Some(tag),
            Self::Map(map) => map.tag = Some(tag),
            _ => {}
        }
        self
    }

    /// Booleans at any depth stay booleans in version 1: file metadata has such.
    pub(crate) fn with_real_bools(self) -> Self {
        self.convert(&mut |value| match value {
            Self::Bool(truth) => Self::RealBool(truth),
            other => other,
        })
    }

    fn convert(self, change: &mut impl FnMut(Self) -> Self) -> Self {
        let inside = match self {
            Self::List(mut list) => {
                list.items = list.items.into_iter().map(|item| item.convert(change)).collect();
                Self::List(list)
            }
            Self::Map(mut map) => {
                map.entries = map
                    .entries
                    .into_iter()
                    .map(|entry| Entry { value: entry.value.convert(change), ..entry })
                    .collect();
                Self::Map(map)
            }
            scalar => scalar,
        };
        change(inside)
    }
}

impl List {
    /// A list whose items are named `tag` in XML.
    pub(crate) fn new(tag: &'static str) -> Self {
        Self { tag: Some(tag), ..Self::default() }
    }

    /// A list of these.
    pub(crate) fn of<T: Into<Value>>(tag: &'static str, items: impl IntoIterator<Item = T>) -> Self {
        Self { items: items.into_iter().map(Into::into).collect(), tag: Some(tag), indexed: false }
    }

    /// In version 2 a map from the indexes, as `thumblimits` is.
    pub(crate) fn indexed_in_v2(mut self) -> Self {
        self.indexed = true;
        self
    }

    /// Adds an item.
    pub(crate) fn push(&mut self, item: impl Into<Value>) {
        self.items.push(item.into());
    }
}

impl Map {
    /// An empty map.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A map that is a list of its values in version 2, as `query.pages` is; `tag` names the values in XML.
    pub(crate) fn keyed_list(tag: &'static str) -> Self {
        Self { shape: Shape::ListInV2, tag: Some(tag), ..Self::default() }
    }

    /// Entries whose names are whole numbers are named `tag` in XML.
    pub(crate) fn tagged(mut self, tag: &'static str) -> Self {
        self.tag = Some(tag);
        self
    }

    /// Sets a value; one that is there already keeps its place.
    pub(crate) fn set(&mut self, key: impl Into<Cow<'static, str>>, value: impl Into<Value>) -> &mut Self {
        self.put(key.into(), Role::Plain, value.into())
    }

    /// Sets what the map is about: the text of its element in XML, `*` in version 1.
    pub(crate) fn set_content(
        &mut self,
        key: impl Into<Cow<'static, str>>,
        value: impl Into<Value>,
    ) -> &mut Self {
        self.put(key.into(), Role::Content, value.into())
    }

    /// The map with a value: `set` for building in one expression.
    pub(crate) fn with(mut self, key: impl Into<Cow<'static, str>>, value: impl Into<Value>) -> Self {
        self.set(key, value);
        self
    }

    /// Adds a value whose name is known to be new, without looking.
    pub(crate) fn push(&mut self, key: impl Into<Cow<'static, str>>, value: impl Into<Value>) {
        self.entries.push(Entry { key: key.into(), role: Role::Plain, value: value.into() });
    }

    /// Adds the entries of another map.
    pub(crate) fn extend(&mut self, other: Map) {
        for Entry { key, role, value } in other.entries {
            self.put(key, role, value);
        }
    }

    /// The map under a name, made if it is not there (or is something else).
    pub(crate) fn map_at(&mut self, key: impl Into<Cow<'static, str>>) -> &mut Map {
        let value = self.slot(key.into());
        if !matches!(value, Value::Map(_)) {
            *value = Value::Map(Map::new());
        }
        match value {
            Value::Map(map) => map,
            _ => unreachable!("it was made a map above"),
        }
    }

    /// The value under a name.
    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// Whether there is a value under a name.
    pub(crate) fn contains(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn put(&mut self, key: Cow<'static, str>, role: Role, value: Value) -> &mut Self {
        match self.entries.iter_mut().find(|entry| entry.key == key) {
            Some(entry) => (entry.role, entry.value) = (role, value),
            None => self.entries.push(Entry { key, role, value }),
        }
        self
    }

    fn slot(&mut self, key: Cow<'static, str>) -> &mut Value {
        let at = self.entries.iter().position(|entry| entry.key == key).unwrap_or_else(|| {
            self.push(key, Value::Null);
            self.entries.len() - 1
        });
        &mut self.entries[at].value
    }
}

macro_rules! from {
    ($($type:ty => $value:ident $make:expr;)*) => {$(
        impl From<$type> for Value {
            fn from($value: $type) -> Self {
                $make
            }
        }
    )*};
}

from! {
    bool => v Self::Bool(v);
    i64 => v Self::Int(v);
    i32 => v Self::Int(v.into());
    u32 => v Self::Int(v.into());
    u64 => v Self::Int(i64::try_from(v).unwrap_or(i64::MAX));
    usize => v Self::Int(i64::try_from(v).unwrap_or(i64::MAX));
    f64 => v Self::Float(v);
    &str => v Self::Str(v.to_owned());
    String => v Self::Str(v);
    &String => v Self::Str(v.clone());
    Cow<'_, str> => v Self::Str(v.into_owned());
    List => v Self::List(v);
    Map => v Self::Map(v);
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        Self::List(List { items: items.into_iter().map(Into::into).collect(), ..List::default() })
    }
}

impl<K: Into<Cow<'static, str>>, V: Into<Value>> FromIterator<(K, V)> for Map {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Self::new();
        for (key, value) in entries {
            map.set(key, value);
        }
        map
    }
}

impl From<&Data> for Value {
    fn from(data: &Data) -> Self {
        data.clone().into()
    }
}

impl From<Data> for Value {
    fn from(data: Data) -> Self {
        match data {
            Data::Null => Self::Null,
            Data::Bool(v) => Self::Bool(v),
            Data::Int(v) => Self::Int(v),
            Data::Float(v) => Self::Float(v),
            Data::Str(v) => Self::Str(v),
            Data::List(items) => items.into(),
            Data::Map(entries) => {
                let mut map = Map::new();
                for (key, value) in entries {
                    map.push(key, Self::from(value));
                }
                Self::Map(map)
            }
        }
    }
}
