//! commonhold-api.
