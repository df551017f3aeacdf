//! The catalogue: everything that changes, in SQLite or PostgreSQL.
//!
//! Work on it is a closure over a [`Read`] or a [`Tx`]: it runs whole on one connection, no transaction outlives it,
//! and nothing in it can wait for the network. The closures call the functions of [`ops`], which hold all the SQL, one
//! text for both engines.
//!
//! To add an operation: a function in the file of its table below `ops/`, and its test in [`conformance`], which runs
//! on both engines. To change the schema: a new file in `migrations/`; those that were released stay as they are.

pub mod conformance;
mod db;
mod error;
pub mod faulty;
mod migrate;
pub mod ops;
mod postgres;
mod sqlite;
mod value;

pub use db::{Db, Read, Tx};
pub use error::DbError;
pub use value::{Row, Value};
