//! Vocabulary and rules of a media repository.
//!
//! Everything here is a value or a pure function: what a title is, which rights a group has, which warnings an
//! upload deserves. The crates around it gather facts and carry out decisions; this one decides.
//!
//! Invariants: nothing in it can fail for a reason outside its arguments; it reads no clock, no randomness, no
//! file and no environment, and knows neither async nor HTTP.

pub mod block;
pub mod data;
pub mod digest;
pub mod expiry;
pub mod file;
pub mod key;
pub mod merge;
pub mod message;
pub mod name;
pub mod policy;
pub mod protection;
pub mod rate;
pub mod redirect;
pub mod refusal;
pub mod right;
pub mod tag;
pub mod thumb;
pub mod time;
pub mod title;
pub mod upload;
pub mod user;

pub use data::Data;
pub use digest::{Hashes, Sha1, Sha256};
pub use expiry::Expiry;
pub use file::{MediaInfo, MediaType};
pub use key::{BlobKey, FileKey};
pub use message::{Message, Param};
pub use rate::Rate;
pub use redirect::Redirect;
pub use refusal::Refusal;
pub use time::{Clock, Entropy, Timestamp};

/// The version of MediaWiki whose behaviour is offered; clients decide by it what they may use.
pub const GENERATOR: &str = "MediaWiki 1.39.17";
