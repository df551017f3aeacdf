//! commonhold-blob.
