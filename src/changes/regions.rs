//! Where a key stands: copied, in a claimed chunk, or not yet claimed.
//!
//! Chunks are claimed in key order, so everything up to the last claim is copied except the chunks that are still open.
//! Outside the range that was read at the start everything counts as copied: such rows are brought in by the flush.

use std::{
    cmp::Ordering::{self, Equal, Greater, Less},
    collections::{BTreeMap, BTreeSet},
};

use super::Mark;
use crate::key::Key;

/// Names a claimed chunk until it has committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChunkId(pub u64);

/// A range of keys to copy.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Chunk {
    /// Its name.
    pub id: ChunkId,
    /// Where it begins. `inclusive` only for the first chunk of all.
    pub lower: Key,
    /// The lower end belongs to the chunk.
    pub inclusive: bool,
    /// The last key of the chunk.
    pub upper: Key,
}

/// A chunk that is claimed and has not committed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Claim {
    pub(super) chunk: Chunk,
    /// The first mark that is begun after the claim.
    pub(super) readable_after: Mark,
}

/// The place of a key.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    RangeUnknown,
    NotYetClaimed,
    /// In one of these, as far as we can tell.
    InClaims(BTreeSet<ChunkId>),
    Copied,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
enum Range {
    #[default]
    Unknown,
    Empty,
    Known {
        min: Key,
        max: Key,
        claimed_to: Option<Key>,
    },
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Regions {
    range: Range,
    /// The last claim reached the end of the range.
    all_claimed: bool,
    open: BTreeMap<ChunkId, Claim>,
    claims: u64,
}

impl Regions {
    pub(super) fn range_known(&mut self, range: Option<(Key, Key)>) {
        self.all_claimed = range.is_none();
        self.range = range.map_or(Range::Empty, |(min, max)| Range::Known {
            min,
            max,
            claimed_to: None,
        });
    }

    pub(super) fn claim(&mut self, upper: Key, last: bool, readable_after: Mark) -> Chunk {
        self.claims += 1;
        let id = ChunkId(self.claims);
        let (lower, inclusive) = match &mut self.range {
            Range::Known { min, claimed_to, .. } => {
                let lower = claimed_to.replace(upper.clone());
                (lower.clone().unwrap_or_else(|| min.clone()), lower.is_none())
            }
            Range::Unknown | Range::Empty => (upper.clone(), true),
        };
        self.all_claimed = last;
        let chunk = Chunk {
            id,
            lower,
            inclusive,
            upper,
        };
        self.open.insert(
            id,
            Claim {
                chunk: chunk.clone(),
                readable_after,
            },
        );
        chunk
    }

    pub(super) fn release(&mut self, chunk: ChunkId) {
        self.open.remove(&chunk);
    }

    pub(super) fn claimed(&self, chunk: ChunkId) -> Option<&Claim> {
        self.open.get(&chunk)
    }

    pub(super) fn open(&self) -> impl Iterator<Item = (&ChunkId, &Claim)> {
        self.open.iter()
    }

    pub(super) fn is_complete(&self) -> bool {
        self.all_claimed && self.open.is_empty()
    }

    pub(super) fn place(&self, key: &Key) -> Place {
        match &self.range {
            Range::Unknown => Place::RangeUnknown,
            Range::Empty => Place::Copied,
            Range::Known { min, max, claimed_to } => {
                if !self.all_claimed && is_not_yet_claimed(key, min, max, claimed_to.as_ref()) {
                    return Place::NotYetClaimed;
                }
                let claims: BTreeSet<_> = self
                    .open
                    .values()
                    .filter(|claim| may_hold(&claim.chunk, key))
                    .map(|claim| claim.chunk.id)
                    .collect();
                if claims.is_empty() {
                    Place::Copied
                } else {
                    Place::InClaims(claims)
                }
            }
        }
    }
}

/// True only where it is certain: a key that cannot be ordered is never called not-yet-claimed.
fn is_not_yet_claimed(key: &Key, min: &Key, max: &Key, claimed_to: Option<&Key>) -> bool {
    let inside =
        matches!(key.compare(max), Some(Less | Equal)) && matches!(key.compare(min), Some(Greater | Equal));
    inside && claimed_to.is_none_or(|to| key.compare(to) == Some(Greater))
}

/// False only where it is certain.
fn may_hold(chunk: &Chunk, key: &Key) -> bool {
    let below: &[Option<Ordering>] = if chunk.inclusive {
        &[Some(Less)]
    } else {
        &[Some(Less), Some(Equal)]
    };
    !below.contains(&key.compare(&chunk.lower)) && key.compare(&chunk.upper) != Some(Greater)
}
