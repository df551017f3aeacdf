//! What goes back to the client.

use http::StatusCode;

/// An answer, without regard to how it is carried.
#[derive(Debug)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// Response fields.
    pub headers: Headers,
    /// The body.
    pub body: Vec<u8>,
    /// Codes of the API errors in it.
    pub errors: Vec<String>,
    /// What was asked for, such as `upload`; for logs and metrics.
    pub action: &'static str,
}

/// Response fields in order. Values hold no control characters: those are dropped.
#[derive(Debug, Default)]
pub struct Headers(Vec<(&'static str, String)>);

impl Headers {
    /// Sets a field, replacing an earlier value.
    pub fn set(&mut self, name: &'static str, value: impl Into<String>) {
        let mut value: String = value.into();
        value.retain(|c| !c.is_control());
        match self.0.iter_mut().find(|(n, _)| *n == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name, value)),
        }
    }

    /// A field's value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| *n == name).map(|(_, v)| v.as_str())
    }

    /// All fields.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(n, v)| (*n, v.as_str()))
    }
}
