//! Runs a case folder: build the table, build its twin, change both, compare.
//!
//! - `case`: the folder's files, read once.
//! - `script`: SQL files cut into statements.
//! - `image`: a table as text, its structure and its rows, so that equal text means equal tables.
//! - `twin`: the same table in a schema of its own, altered by the server itself: the oracle.
//! - `changes`: statements applied to table and twin in lock step.
//! - `events`: the schema's events, gh-ost's own way to write during a run.
//! - `play`: one case from an empty schema to the end of the run; `verdict`: what it must have come to.
//! - `suite`: the server, who may run beside whom, and the trials.
//!
//! Nothing here looks into the tool: it knows its flags, its exit code, its output and the names of its tables.

mod case;
mod changes;
mod events;
mod image;
mod play;
mod script;
mod selftest;
mod suite;
mod twin;
mod verdict;

pub use case::Case;
pub use selftest::selftests;
pub use suite::Suite;
