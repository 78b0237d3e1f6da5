//! Is the new table what the source is? Asked of the server, before every swap and by hand.
//!
//! Rules:
//!
//! * A statement reads both tables: one snapshot. No row is locked, and no value but a key leaves the server unless it
//!   has to be shown.
//! * A row's hash covers its key and every column, with boundaries, NULL and bytes as they are ([`canonical`]).
//! * Where the ALTER changes a type, rows of the source are first assigned to a temporary table with the new types: what
//!   is compared is what the server's own conversion gives.
//! * What is looked at are parts of the table, then keys. A part that differs only names keys; a key is judged only
//!   while nothing is known to have changed it ([`ledger`]).
//! * Nothing of the copy or the flush is used: not their predicates, not their SQL.
//!
//! When a look is begun is the run's business; what has to be true for the swap is `cutover`'s.

mod canonical;
mod difference;
mod eye;
pub mod ledger;
mod sql;
mod subject;
mod summary;

pub use difference::{Difference, Kind, differ};
pub use eye::{Eye, PartSeen, resolve};
pub use ledger::Ledger;
pub use subject::{Pair, Parts, Side, Subject, by_name};
pub use summary::{Proof, Summary};

use crate::key::Key;

/// A part of the table. The parts of a pass cover every key there can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Rows behind one key up to another, and that one. `None`: without end.
    Range {
        /// Not in it.
        after: Option<Key>,
        /// In it.
        to: Option<Key>,
    },
    /// Rows whose key has this hash, for tables that order their keys differently.
    Bucket {
        /// Which, from 0.
        number: u64,
        /// How many there are.
        of: u64,
    },
}

/// How much of a row counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Every column.
    Columns,
    /// That it is there.
    Presence,
}
