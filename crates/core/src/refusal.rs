//! "No", said by a rule: with the API's code, a message, and what a program needs to go on.

use std::borrow::Cow;

use crate::{Data, Message};

/// Why a request is refused. Not a fault of ours: those are errors of the crate in which they happen.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The API's error code.
    pub code: Cow<'static, str>,
    /// What is said to people.
    pub message: Message,
    /// Further keys of the error object, in order.
    pub data: Vec<(&'static str, Data)>,
    /// Seconds after which it is worth trying again, where that is known.
    pub retry_after: Option<i64>,
}

impl Refusal {
    /// A refusal whose message key is not its code.
    pub fn new(code: impl Into<Cow<'static, str>>, message: Message) -> Self {
        Self { code: code.into(), message, data: Vec::new(), retry_after: None }
    }

    /// A refusal whose code is the message key without MediaWiki's prefix `apierror-`.
    pub fn of(message: Message) -> Self {
        let code = match &message.key {
            Cow::Borrowed(key) => Cow::Borrowed(key.strip_prefix("apierror-").unwrap_or(key)),
            Cow::Owned(key) => Cow::Owned(key.strip_prefix("apierror-").unwrap_or(key).to_owned()),
        };
        Self::new(code, message)
    }

    /// Says after how many seconds it is worth trying again.
    #[must_use]
    pub fn retry_after(mut self, seconds: i64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Adds a key to the error object.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl Into<Data>) -> Self {
        self.data.push((key, value.into()));
        self
    }
}
