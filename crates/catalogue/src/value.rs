//! What goes into a statement and comes out of it.

use crate::DbError;

/// A parameter or a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A number; also times (Unix seconds) and truth (0 and 1).
    Int(i64),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

impl From<i64> for Value {
    fn from(v: i64) -> Self {
        Self::Int(v)
    }
}

impl From<bool> for Value {
    fn from(v: bool) -> Self {
        Self::Int(i64::from(v))
    }
}

impl From<&str> for Value {
    fn from(v: &str) -> Self {
        Self::Text(v.to_owned())
    }
}

impl From<String> for Value {
    fn from(v: String) -> Self {
        Self::Text(v)
    }
}

impl From<&String> for Value {
    fn from(v: &String) -> Self {
        Self::Text(v.clone())
    }
}

impl From<Vec<u8>> for Value {
    fn from(v: Vec<u8>) -> Self {
        Self::Blob(v)
    }
}

impl From<&[u8]> for Value {
    fn from(v: &[u8]) -> Self {
        Self::Blob(v.to_vec())
    }
}

impl From<commonhold_core::Timestamp> for Value {
    fn from(v: commonhold_core::Timestamp) -> Self {
        Self::Int(v.unix())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(v: Option<T>) -> Self {
        v.map_or(Self::Null, Into::into)
    }
}

/// The parameters of a statement.
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::Value::from($value)),*] };
}
pub(crate) use values;

/// One row of an answer.
#[derive(Clone, Debug)]
pub struct Row(pub(crate) Vec<Value>);

impl Row {
    fn column(&self, index: usize) -> &Value {
        self.0.get(index).unwrap_or(&Value::Null)
    }

    /// A number.
    pub fn int(&self, index: usize) -> Result<i64, DbError> {
        self.opt_int(index)?.ok_or(DbError::Corrupt { what: "number" })
    }

    /// A number, or nothing.
    pub fn opt_int(&self, index: usize) -> Result<Option<i64>, DbError> {
        match self.column(index) {
            Value::Int(v) => Ok(Some(*v)),
            Value::Null => Ok(None),
            _ => Err(DbError::Corrupt { what: "number" }),
        }
    }

    /// A length or an offset.
    pub fn size(&self, index: usize) -> Result<u64, DbError> {
        u64::try_from(self.int(index)?).map_err(|_| DbError::Corrupt { what: "length" })
    }

    /// The number of a namespace.
    pub fn namespace(&self, index: usize) -> Result<i32, DbError> {
        i32::try_from(self.int(index)?).map_err(|_| DbError::Corrupt { what: "namespace" })
    }

    /// A moment.
    pub fn time(&self, index: usize) -> Result<commonhold_core::Timestamp, DbError> {
        self.int(index).map(commonhold_core::Timestamp::from_unix)
    }

    /// Text.
    pub fn text(&self, index: usize) -> Result<String, DbError> {
        self.opt_text(index)?.ok_or(DbError::Corrupt { what: "text" })
    }

    /// Text, or nothing.
    pub fn opt_text(&self, index: usize) -> Result<Option<String>, DbError> {
        match self.column(index) {
            Value::Text(v) => Ok(Some(v.clone())),
            Value::Null => Ok(None),
            _ => Err(DbError::Corrupt { what: "text" }),
        }
    }

    /// Bytes, or nothing.
    pub fn opt_blob(&self, index: usize) -> Result<Option<Vec<u8>>, DbError> {
        match self.column(index) {
            Value::Blob(v) => Ok(Some(v.clone())),
            Value::Null => Ok(None),
            _ => Err(DbError::Corrupt { what: "bytes" }),
        }
    }

    /// Bytes.
    pub fn blob(&self, index: usize) -> Result<Vec<u8>, DbError> {
        self.opt_blob(index)?.ok_or(DbError::Corrupt { what: "bytes" })
    }

    /// What was written as JSON.
    pub fn json<T: serde::de::DeserializeOwned>(
        &self,
        index: usize,
        what: &'static str,
    ) -> Result<T, DbError> {
        serde_json::from_str(&self.text(index)?).map_err(|_| DbError::Corrupt { what })
    }
}

/// Writes something as JSON.
pub(crate) fn json<T: serde::Serialize>(value: &T, what: &'static str) -> Result<String, DbError> {
    serde_json::to_string(value).map_err(|_| DbError::Corrupt { what })
}
