//! commonhold-media.
