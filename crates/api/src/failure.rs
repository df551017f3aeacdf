//! Why a module stops.

use commonhold_core::{Message, Refusal};
use commonhold_repo::Error;

/// A module that did not do its work.
#[derive(Debug)]
pub(crate) enum Failure {
    /// With an error of the API's.
    Refused(Box<Refusal>),
    /// With a fault of ours.
    Fault(Error),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refusal) => Self::Refused(refusal),
            fault => Self::Fault(fault),
        }
    }
}

impl Failure {
    /// What the client is told. A fault is told by its class only; its details go to the log.
    pub(crate) fn into_refusal(self) -> Refusal {
        match self {
            Self::Refused(refusal) => *refusal,
            Self::Fault(error) => {
                let class = error.class().unwrap_or("InternalError");
                tracing::error!(%error, class, "a request failed");
                if let Some(key) = error.storage_message() {
                    return Refusal::of(Message::new(key));
                }
                let message = Message::new("apierror-exceptioncaught").with(class);
                Refusal::new(format!("internal_api_error_{class}"), message).with("errorclass", class)
            }
        }
    }
}
