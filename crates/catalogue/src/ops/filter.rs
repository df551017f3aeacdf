//! Conditions of a query that come from what is asked for.

use commonhold_core::Timestamp;

use super::tags::Tagged;
use crate::Value;

/// Conditions with their values. Column names and operators are ours; only values come from outside.
#[derive(Default)]
pub(super) struct Filter {
    pub(super) conditions: Vec<String>,
    pub(super) values: Vec<Value>,
}

/// The direction of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// Small values first: names from A on, times from long ago on.
    Ascending,
    /// Large values first.
    #[default]
    Descending,
}

impl Direction {
    /// As SQL has it.
    pub(super) fn sql(self) -> &'static str {
        match self {
            Self::Ascending => "ASC",
            Self::Descending => "DESC",
        }
    }

    /// The other direction.
    pub(super) fn opposite(self) -> Self {
        match self {
            Self::Ascending => Self::Descending,
            Self::Descending => Self::Ascending,
        }
    }

    /// The operator for what comes after a value.
    pub(super) fn after(self) -> &'static str {
        match self {
            Self::Ascending => ">",
            Self::Descending => "<",
        }
    }

    /// The operators for what comes from a value on and up to one, both included.
    pub(super) fn bounds(self) -> (&'static str, &'static str) {
        match self {
            Self::Ascending => (">=", "<="),
            Self::Descending => ("<=", ">="),
        }
    }
}

impl Filter {
    pub(super) fn place(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("?{}", self.values.len())
    }

    pub(super) fn add(&mut self, column: &str, operator: &str, value: impl Into<Value>) {
        let place = self.place(value.into());
        self.conditions.push(format!("{column} {operator} {place}"));
    }

    pub(super) fn begins_with(&mut self, column: &str, prefix: &str) {
        self.add(column, ">=", prefix);
        if let Some(end) = prefix_end(prefix) {
            self.add(column, "<", end);
        }
    }

    pub(super) fn any_of(&mut self, column: &str, values: Vec<Value>) {
        let places: Vec<String> = values.into_iter().map(|value| self.place(value)).collect();
        self.conditions.push(format!("{column} IN ({})", places.join(", ")));
    }

    /// What is marked with a tag; `id` is the column of its number.
    pub(super) fn tagged(&mut self, what: Tagged, id: &str, tag: &str) {
        let (column, tag) = (what.column(), self.place(tag.into()));
        self.conditions
            .push(format!("EXISTS (SELECT 1 FROM taggings g WHERE g.{column} = {id} AND g.tag = {tag})"));
    }

    /// Rows between two values of a column, both included, in the direction of the list.
    pub(super) fn between<V: Into<Value>>(
        &mut self,
        column: &str,
        direction: Direction,
        first: Option<V>,
        last: Option<V>,
    ) {
        let (from, to) = direction.bounds();
        if let Some(first) = first {
            self.add(column, from, first);
        }
        if let Some(last) = last {
            self.add(column, to, last);
        }
    }

    /// Rows from these values of two columns on.
    pub(super) fn after(&mut self, first: (&str, Value), second: (&str, Value), strict: &str) {
        let (a, b) = (self.place(first.1), self.place(second.1));
        let (first, second) = (first.0, second.0);
        self.conditions.push(format!("({first} {strict} {a} OR ({first} = {a} AND {second} {strict}= {b}))"));
    }

    /// Rows from this time and number on.
    pub(super) fn go_on(
        &mut self,
        (time_column, id_column): (&str, &str),
        direction: Direction,
        at: Option<(Timestamp, i64)>,
    ) {
        if let Some((time, id)) = at {
            self.after((time_column, time.into()), (id_column, id.into()), direction.after());
        }
    }

    /// The conditions as they stand after `WHERE`.
    pub(super) fn sql(&self) -> String {
        if self.conditions.is_empty() { "1 = 1".to_owned() } else { self.conditions.join(" AND ") }
    }
}

/// The first text after all those that begin with a prefix, by bytes; `None` where there is no such text.
fn prefix_end(prefix: &str) -> Option<String> {
    let mut end = prefix.trim_end_matches(char::MAX).to_owned();
    let last = end.pop()?;
    // The next character; not always the next number, for there are no surrogates.
    end.push((last..=char::MAX).nth(1)?);
    Some(end)
}
