//! ghost-rs changes the structure of a MySQL table while the application keeps writing to it.
//!
//! The folders are the steps of the data flow; a module imports only what stands below it in this list:
//!
//! ```text
//! cli  migrate                   the user's side: flags, the story of a run
//! topology  inspect  control  prepare  capture  changes  fence  copy  apply  pace  throttle  verify  cutover  cleanup  triggers
//! status  hooks  metrics
//! mysql  binlog                  the edges: the only places that know the driver
//! config  knobs  plan  alter  sql  schema  key  position  retry  tasks  error      words and decisions, no I/O
//! ```
//!
//! Why it is right is told in `docs/correctness.md`; how it is built in `docs/architecture.md`.

#![warn(missing_docs)]
#![allow(
    rustdoc::private_intra_doc_links,
    reason = "the documentation is built with its private items"
)]
// A run that panics leaves a DBA without an answer: outside tests every failure is a value.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

pub mod alter;
pub mod apply;
pub mod binlog;
pub mod capture;
pub mod changes;
pub mod cleanup;
pub mod cli;
pub mod config;
pub mod control;
pub mod copy;
pub mod cutover;
pub mod error;
pub mod fence;
pub mod hooks;
pub mod inspect;
pub mod key;
pub mod knobs;
pub mod metrics;
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
pub mod throttle;
pub mod topology;
pub mod triggers;
pub mod verify;
