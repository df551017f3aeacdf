//! What goes wrong in a use case.

use commonhold_catalogue::DbError;
use commonhold_core::Refusal;

/// A use case that did not happen.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule says no; the caller can do something about it.
    #[error("{}", .0.code)]
    Refused(Box<Refusal>),
    /// Bytes can't be stored or read.
    #[error("storage: {0}")]
    Storage(#[from] commonhold_blob::Error),
    /// The catalogue fails.
    #[error("catalogue: {0}")]
    Catalogue(#[from] DbError),
    /// An uploaded file can't be read back for inspection.
    #[error("inspecting a file: {0}")]
    Inspection(#[source] std::io::Error),
    /// A password can't be hashed or checked.
    #[error("password hash: {0}")]
    PasswordHash(String),
    /// The client went away, or its body is broken.
    #[error("request body: {0}")]
    Body(String),
    /// The operating system refuses something.
    #[error("no {what}: {source}")]
    Resource {
        /// What was asked for.
        what: &'static str,
        /// Why it was refused.
        source: std::io::Error,
    },
    /// The catalogue names so few of the stored files that it may be another one's.
    #[error(
        "the catalogue knows {needed} of the stored blobs, and not {unneeded}: it may be the wrong one, so nothing is removed"
    )]
    StrangeCatalogue {
        /// Blobs that no row names.
        unneeded: usize,
        /// Blobs that rows name.
        needed: usize,
    },
    /// A worker thread ended before it answered.
    #[error("a worker gave no answer")]
    Gone,
}

impl Error {
    /// The stable class that stands behind `internal_api_error_` on the wire; `None` for refusals, which have a code
    /// of their own.
    pub fn class(&self) -> Option<&'static str> {
        match self {
            Self::Refused(_) => None,
            Self::Storage(_) | Self::Inspection(_) => Some("StorageError"),
            // Bots repeat a request after this one.
            Self::Catalogue(_) => Some("DBQueryError"),
            Self::PasswordHash(_) | Self::Resource { .. } | Self::StrangeCatalogue { .. } | Self::Gone => {
                Some("InternalError")
            }
            Self::Body(_) => Some("RequestBodyError"),
        }
    }
}

impl Error {
    /// MediaWiki's message for bytes that can't be stored or read; `None` where it has none, and for other failures.
    pub fn storage_message(&self) -> Option<&'static str> {
        match self {
            Self::Storage(commonhold_blob::Error::Io { .. }) => Some("backend-fail-store"),
            Self::Storage(commonhold_blob::Error::Missing(_)) => Some("backend-fail-notexists"),
            Self::Storage(commonhold_blob::Error::Length { .. }) | Self::Inspection(_) => {
                Some("backend-fail-read")
            }
            _ => None,
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}
