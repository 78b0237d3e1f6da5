//! Decisions made before the first row is copied, out of the two tables as the server describes them and the ALTER's text.
//!
//! The ghost is the source's empty copy after the ALTER, so its definition is the truth about what the ALTER does; the text only
//! explains *which* column became which. Where the two do not agree the run is refused. Everything here is pure.

mod columns;
mod iteration_key;
mod key_types;
pub mod mark;
pub mod names;
mod replicate;
mod supplied;
#[cfg(test)]
mod tests;
pub mod triggers;
pub mod work;

pub use columns::{ColumnMap, Wishes, columns};
pub use iteration_key::{GhostKey, KeyChoice, iteration_key};
pub use replicate::replication;
pub use supplied::Supply;
