//! What goes wrong with the database.

use commonhold_core::BlobKey;

/// A failed operation on the catalogue.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// SQLite says no.
    #[error("SQLite: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// PostgreSQL says no. Its own text leaves out the cause.
    #[error("PostgreSQL: {}", postgres_text(.0))]
    Postgres(#[from] ::postgres::Error),
    /// A row holds what no version of this program has written.
    #[error("the catalogue holds an unreadable {what}")]
    Corrupt {
        /// What can't be read.
        what: &'static str,
    },
    /// The schema was made by a newer version of this program.
    #[error(
        "the catalogue has schema {found}, and this version knows schemas up to {known}: start a newer version"
    )]
    Newer {
        /// The schema's number.
        found: i64,
        /// The newest that this version knows.
        known: i64,
    },
    /// A row was to name a blob that is being removed, since no row had named it for long.
    #[error("the bytes {0} are being removed")]
    Condemned(BlobKey),
    /// The database's threads have ended.
    #[error("the catalogue is closed")]
    Closed,
    /// The threads can't be started.
    #[error("no thread for the catalogue: {0}")]
    Thread(#[from] std::io::Error),
    /// A statement of the transaction failed, so that nothing of the transaction will happen. Only the closure sees
    /// this; who called it gets the engine's own error.
    #[error("a statement failed: {0}")]
    Statement(String),
    /// The closure panicked; nothing of its transaction happened.
    #[error("the work on the catalogue panicked")]
    Panicked,
    /// The transaction, or another of the same group, could not be committed.
    #[error("the transaction could not be committed: {0}")]
    Commit(String),
}

fn postgres_text(error: &::postgres::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
