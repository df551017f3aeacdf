//! A tree of plain values: file metadata, the extra keys of an error, log parameters.

use serde::{Deserialize, Serialize};

/// A value as JSON has it, with maps that keep their order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Data {
    /// No value.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// Text.
    Str(String),
    /// Values in order.
    List(Vec<Data>),
    /// Named values in order.
    Map(Vec<(String, Data)>),
}

impl Data {
    /// A map from literal names.
    pub fn map<const N: usize>(entries: [(&str, Data); N]) -> Self {
        Self::Map(entries.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
    }

    /// The member of a map, or `None`.
    pub fn get(&self, name: &str) -> Option<&Data> {
        match self {
            Self::Map(entries) => entries.iter().find(|(k, _)| k == name).map(|(_, v)| v),
            _ => None,
        }
    }
}

impl From<bool> for Data {
    fn from(v: bool) -> Self {
        Self::Bool(v)
    }
}

impl From<i64> for Data {
    fn from(v: i64) -> Self {
        Self::Int(v)
    }
}

impl From<u32> for Data {
    fn from(v: u32) -> Self {
        Self::Int(v.into())
    }
}

impl From<f64> for Data {
    fn from(v: f64) -> Self {
        Self::Float(v)
    }
}

impl From<&str> for Data {
    fn from(v: &str) -> Self {
        Self::Str(v.to_owned())
    }
}

impl From<String> for Data {
    fn from(v: String) -> Self {
        Self::Str(v)
    }
}

impl<T: Into<Data>> From<Vec<T>> for Data {
    fn from(v: Vec<T>) -> Self {
        Self::List(v.into_iter().map(Into::into).collect())
    }
}
