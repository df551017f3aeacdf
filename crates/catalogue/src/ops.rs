//! What is asked of the catalogue, a file for each subject.

pub mod accounts;
pub mod blobs;
pub mod blocks;
pub mod changes;
pub mod deletion;
pub mod edits;
pub mod files;
mod filter;
pub mod jobs;
pub mod logs;
pub mod moves;
pub mod nodes;
pub mod pages;
pub mod parts;
pub mod protections;
pub mod revisions;
pub mod sessions;
pub mod stash;
pub mod tags;
pub mod throttles;
pub mod watchlist;

use commonhold_core::Timestamp;

/// Who changes something, when, and why.
#[derive(Clone, Debug)]
pub struct Act {
    /// Who; 0 for nobody in particular.
    pub user_id: i64,
    /// The name at the time.
    pub user_name: String,
    /// Whether it is to be marked as a bot's.
    pub bot: bool,
    /// When.
    pub now: Timestamp,
    /// Why.
    pub comment: String,
    /// Tags that it is marked with.
    pub tags: Vec<String>,
}
