//! commonhold-repo.
