//! ghost-rs changes the structure of a MySQL table while the application keeps writing to it.
//!
//! The folders are the steps of the data flow; a module imports only what stands below it in this list:
//!
//! ```text
//! cli  migrate  control          the user's side: flags, the story of a run, commands while it runs
//! inspect  prepare  capture  changes  fence  copy  apply  pace  verify  cutover  cleanup  status
//! mysql  binlog                  the edges: the only places that know the driver
//! config  plan  alter  sql  schema  key  position  clock  tasks  error      words and decisions, no I/O
//! ```
//!
//! Why it is right is told in `docs/correctness.md`; how it is built in `docs/architecture.md`.

pub mod alter;
pub mod apply;
pub mod binlog;
pub mod capture;
pub mod changes;
pub mod cleanup;
pub mod cli;
pub mod config;
pub mod copy;
pub mod cutover;
pub mod error;
pub mod fence;
pub mod inspect;
pub mod key;
pub mod migrate;
pub mod mysql;
pub mod pace;
pub mod plan;
pub mod position;
pub mod prepare;
pub mod retry;
pub mod schema;
pub mod sql;
pub mod status;
pub mod tasks;
