//! commonhold-catalogue.
