//! A text for people, by its key: rendered in the reader's language where it is shown.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::Data;

/// A message key with its parameters. Keys are MediaWiki's, since `errorformat=raw` shows them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// The key, such as `apierror-missingparam`.
    pub key: Cow<'static, str>,
    /// What the text is about, in order.
    pub params: Vec<Param>,
}

/// One parameter of a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Param {
    /// Text.
    Text(String),
    /// Text that is never markup.
    Plain(String),
    /// A number, written by the reader's rules.
    Num(i64),
    /// A number as it is.
    Count(i64),
    /// A number of bytes.
    Size(u64),
    /// A list of texts.
    List(Vec<String>),
    /// Another message.
    Message(Box<Message>),
}

impl Message {
    /// A message without parameters.
    pub fn new(key: impl Into<Cow<'static, str>>) -> Self {
        Self { key: key.into(), params: Vec::new() }
    }

    /// Adds a parameter.
    #[must_use]
    pub fn with(mut self, param: impl Into<Param>) -> Self {
        self.params.push(param.into());
        self
    }
}

impl From<&str> for Param {
    fn from(v: &str) -> Self {
        Self::Text(v.to_owned())
    }
}

impl From<String> for Param {
    fn from(v: String) -> Self {
        Self::Text(v)
    }
}

impl From<i64> for Param {
    fn from(v: i64) -> Self {
        Self::Num(v)
    }
}

impl From<Message> for Param {
    fn from(v: Message) -> Self {
        Self::Message(Box::new(v))
    }
}

impl From<&Param> for Data {
    /// The form in which `errorformat=raw` and `stasherrors` show parameters.
    fn from(param: &Param) -> Self {
        match param {
            Param::Text(v) => v.as_str().into(),
            Param::Plain(v) => Self::map([("plaintext", v.as_str().into())]),
            Param::Num(v) => Self::map([("num", (*v).into())]),
            Param::Count(v) => (*v).into(),
            Param::Size(v) => Self::map([("size", i64::try_from(*v).unwrap_or(i64::MAX).into())]),
            Param::List(v) => Self::map([("list", v.clone().into()), ("type", "comma".into())]),
            Param::Message(m) => Self::map([("message", m.as_ref().into())]),
        }
    }
}

impl From<&Message> for Data {
    fn from(message: &Message) -> Self {
        let params = message.params.iter().map(Data::from).collect();
        Self::map([("key", message.key.as_ref().into()), ("params", Self::List(params))])
    }
}
