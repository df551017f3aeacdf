//! What is asked of the catalogue, a file for each subject.

pub mod accounts;
pub mod blobs;
pub mod blocks;
pub mod files;
pub mod jobs;
pub mod logs;
pub mod pages;
pub mod parts;
pub mod sessions;
pub mod stash;
