//! What is in the bytes of a file: its type, whether it is safe to keep, and its dimensions and metadata.
//!
//! The rules are those of MediaWiki's upload verification, so that a client sees the same answers. All
//! functions read a seekable source in bounded pieces; none holds a whole file. An `Err` is a fault of the
//! source; damaged files are described as far as they can be read.

mod detect;
mod inspect;
pub mod job;
mod mime;
mod ogg;
mod priority;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod samples;
mod sandbox;
mod script;
mod sniff;
mod source;
mod svg;
pub mod thumb;
pub mod tools;
mod verify;
mod xml;
mod zip;

pub use detect::detect;
pub use inspect::{inspect, is_nested, undescribed};
pub use mime::{guess_extension, logical_type, matches as matches_extension, stash_type};
pub use verify::{Reason, verify, verify_first_chunk, verify_later_chunk};
