//! What actions that change pages take for the caller's watchlist.

use commonhold_core::Expiry;
use commonhold_repo::{Watch, Watching};

/// From the parameters: `watch` and `unwatch` are old and come before `watchlist`.
pub(super) fn asked(watch: bool, unwatch: bool, watchlist: &str, until: Option<Expiry>) -> Watching {
    let watch = match (watch, unwatch) {
        (true, _) => Watch::Watch,
        (false, true) => Watch::Unwatch,
        (false, false) => Watch::named(watchlist),
    };
    Watching { watch, until }
}
