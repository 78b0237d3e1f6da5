//! What the ledger speaks of: looks, parts, and how far each is.

use std::cmp::Ordering::{Equal, Greater, Less};
use std::collections::BTreeSet;

use crate::{
    changes::{BatchId, Mark},
    key::Key,
    verify::{Depth, Difference, Part},
};

/// Names a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LookId(pub(super) u64);

/// What to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// Find the end of the next part.
    Find {
        /// Where it begins.
        after: Option<Key>,
        /// Its rows.
        rows: u64,
    },
    /// Compare a part.
    Part {
        /// Which look.
        look: LookId,
        /// Which part.
        part: Part,
        /// How closely.
        depth: Depth,
    },
    /// Compare rows by key.
    Keys {
        /// Which look.
        look: LookId,
        /// Whose.
        keys: Vec<Key>,
        /// How closely.
        depth: Depth,
    },
}

#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) part: Part,
    pub(super) state: State,
    pub(super) depth: Depth,
    pub(super) rows: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    ToDo,
    Looking,
    /// It has to be looked at again afterwards.
    LookingInVain,
    Seen,
}

/// A look at keys, or what it found, and the keys that changed since it began.
#[derive(Clone, Debug)]
pub(super) struct Look {
    pub(super) keys: BTreeSet<Key>,
    pub(super) stirred: BTreeSet<Key>,
}

#[derive(Clone, Debug)]
pub(super) struct Judgement {
    pub(super) differences: Vec<Difference>,
    pub(super) look: Look,
    pub(super) until: Mark,
    pub(super) landed: BatchId,
}

/// How far the parts of a pass are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Search {
    NotBegun,
    At { after: Option<Key>, finding: bool },
    Done,
}

/// False only where it is certain.
pub(super) fn may_hold(part: &Part, key: &Key) -> bool {
    let Part::Range { after, to } = part else {
        return true;
    };
    let below = after
        .as_ref()
        .is_some_and(|after| matches!(key.compare(after), Some(Less | Equal)));
    let above = to.as_ref().is_some_and(|to| key.compare(to) == Some(Greater));
    !below && !above
}
