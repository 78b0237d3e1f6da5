//! The heart: which changed keys must be brought up to date, when that may happen, and what may be copied when.
//!
//! One pure state machine, without I/O and without a clock. The run drives it, property tests and the model checker
//! drive the very same type, so what is proved is what runs.
//!
//! The rules (why they are enough is told in `docs/correctness.md`):
//!
//! * **F1, flush.** A key that the stream delivered may be read for a flush only after a mark that stands behind it in
//!   the binlog has come back in the stream *and* returned from its commit ([`marks`]).
//! * **F2, copy.** A chunk is claimed first, and read only after a mark begun after the claim has returned.
//! * **Hold.** A change of a key whose chunk is claimed and not yet committed waits for that commit.
//! * **Drop.** A change of a key whose chunk is *certainly* not yet claimed is forgotten: F2 makes the copy see it.
//!   What only the server can order is never dropped.
//! * **One flight.** A key is in at most one flush at a time; where equal keys may differ in their bytes, there is at
//!   most one flush at a time.
//! * **Nothing is displaced without being read again.** A flush that had to delete other ghost rows says which, and
//!   they are dirty again.
//!
//! What it leaves to others: SQL (`copy`, `apply`), marks on the wire (`fence`), limits and pace (`pace`).

mod marks;
mod regions;

#[cfg(test)]
mod model;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

pub use marks::Mark;
use marks::Marks;
pub use regions::{Chunk, ChunkId};
use regions::{Place, Regions};

use crate::key::Key;

/// Names a flush from [`Changes::next_batch`] to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BatchId(u64);

/// What the binlog says about a key: enough to know whether a delete may be needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Change {
    /// A row with this key was written: the ghost row is replaced by the row as it is now.
    Written,
    /// A row with this key went away (deleted, or its key was updated): the ghost row must be deleted first.
    Gone,
}

impl Change {
    fn and(self, other: Self) -> Self {
        self.max(other)
    }
}

/// Keys to bring up to date in one transaction, sorted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Batch {
    /// Its name.
    pub id: BatchId,
    /// The keys with what is known of them, in the order of their encoding.
    pub keys: Vec<(Key, Change)>,
}

/// What a flush did besides its own keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flushed {
    /// Keys outside the batch whose ghost rows were deleted, and perhaps written again from the batch's read: dirty
    /// again, because another flush may have written newer ones since that read. Not those that are parked.
    pub displaced: Vec<Key>,
    /// Keys that share a unique value with another source row: neither is in the ghost.
    pub parked: Vec<Parked>,
}

/// A row that has to stay out of the ghost because another one wants the same value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked {
    /// Its key.
    pub key: Key,
    /// Index and value, for people.
    pub wants: String,
}

/// Proof that every chunk up to the end of the range has committed. Made only by [`Changes::rows_copied`].
#[derive(Debug)]
pub struct RowsCopied(());

/// How much is kept, for limits and the status line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Keys waiting for their fence.
    pub waiting: usize,
    /// Keys that may be flushed now.
    pub ripe: usize,
    /// Keys waiting for a chunk to commit.
    pub held: usize,
    /// Keys in flushes that are under way.
    pub flying: usize,
    /// Keys that collide with another source row.
    pub parked: usize,
    /// Memory of all of them, in bytes (an estimate from above).
    pub bytes: usize,
}

impl Load {
    /// Keys whose ghost rows are not yet up to date.
    pub fn dirty(&self) -> usize {
        self.waiting + self.ripe + self.held + self.flying
    }
}

/// Which rules are kept: all of them, except where a test shows that each is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Rules {
    pub(crate) flush_waits_for_mark: bool,
    pub(crate) copy_waits_for_mark: bool,
    pub(crate) hold: bool,
    pub(crate) displaced_is_dirty: bool,
}

impl Rules {
    const ALL: Self = Self {
        flush_waits_for_mark: true,
        copy_waits_for_mark: true,
        hold: true,
        displaced_is_dirty: true,
    };
}

type Keys = BTreeMap<Key, Change>;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Held {
    change: Change,
    until: BTreeSet<ChunkId>,
}

/// The state machine. See the module's documentation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Changes {
    rules: Rules,
    /// Equal keys are equal bytes; otherwise flushes run one at a time.
    exact_identity: bool,
    marks: Marks,
    regions: Regions,
    /// Delivered before the range was known.
    early: Keys,
    held: BTreeMap<Key, Held>,
    /// By the mark that must come back for them.
    waiting: BTreeMap<Mark, Keys>,
    ripe: Keys,
    /// Batches go round the key space, so that no key waits for ever behind busy ones.
    next_from: Option<Key>,
    flying: BTreeMap<BatchId, Keys>,
    parked: BTreeMap<Key, String>,
    batches: u64,
    bytes: usize,
}

impl Changes {
    /// Nothing copied, nothing changed. `exact_identity`: keys that the server calls equal have equal bytes.
    pub fn new(exact_identity: bool) -> Self {
        Self::with_rules(exact_identity, Rules::ALL)
    }

    pub(crate) fn with_rules(exact_identity: bool, rules: Rules) -> Self {
        Self {
            rules,
            exact_identity,
            marks: Marks::default(),
            regions: Regions::default(),
            early: Keys::new(),
            held: BTreeMap::new(),
            waiting: BTreeMap::new(),
            ripe: Keys::new(),
            next_from: None,
            flying: BTreeMap::new(),
            parked: BTreeMap::new(),
            batches: 0,
            bytes: 0,
        }
    }

    // ---- marks -------------------------------------------------------------------------------------------------

    /// A mark is about to be written; call this before its statement is sent.
    pub fn mark_begun(&mut self) -> Mark {
        self.marks.begin()
    }

    /// The mark that will be begun next.
    pub fn next_mark(&self) -> Mark {
        self.marks.next()
    }

    /// The mark's commit has returned: all that stands before it in the binlog is visible to a read begun now.
    pub fn mark_returned(&mut self, mark: Mark) {
        self.marks.returned(mark);
        self.ripen();
    }

    /// The mark came by in the stream: all keys before it have been delivered.
    pub fn mark_seen(&mut self, mark: Mark) {
        self.marks.seen(mark);
        self.ripen();
    }

    /// Both have happened, for this mark or a later one.
    pub fn is_fenced(&self, mark: Mark) -> bool {
        self.marks.fenced() >= mark
    }

    /// A read that begins now misses nothing that was in the binlog before the first mark.
    pub fn a_mark_returned(&self) -> bool {
        self.marks.last_returned() > Mark::default()
    }

    /// Somebody waits for a mark that has not been begun yet: a claim without one, or keys behind the last one.
    pub fn wants_mark(&self) -> bool {
        let begun = self.marks.begun();
        self.regions.open().any(|(_, claim)| claim.readable_after > begun)
            || self
                .waiting
                .last_key_value()
                .is_some_and(|(mark, _)| *mark > begun)
    }

    // ---- copy --------------------------------------------------------------------------------------------------

    /// The first and last key, read after a mark had returned. `None`: the table was empty.
    pub fn range_known(&mut self, range: Option<(Key, Key)>) {
        self.regions.range_known(range);
        for (key, change) in std::mem::take(&mut self.early) {
            self.bytes -= key.footprint();
            self.delivered(key, change);
        }
    }

    /// Claims the next chunk: all keys behind the previous claim up to `upper`; `last`: up to the end of the range.
    pub fn claim(&mut self, upper: Key, last: bool) -> Chunk {
        self.regions.claim(upper, last, self.marks.next())
    }

    /// Rule F2: a mark that was begun after the claim has returned.
    pub fn may_read(&self, chunk: ChunkId) -> bool {
        self.regions.claimed(chunk).is_some_and(|claim| {
            !self.rules.copy_waits_for_mark || self.marks.last_returned() >= claim.readable_after
        })
    }

    /// The chunk's transaction has committed, with its rows in the ghost.
    pub fn chunk_committed(&mut self, chunk: ChunkId) {
        self.regions.release(chunk);
        let (free, held) = std::mem::take(&mut self.held)
            .into_iter()
            .partition(|(_, held)| held.until.iter().all(|waits_for| *waits_for == chunk));
        self.held = held;
        for held in self.held.values_mut() {
            held.until.remove(&chunk);
        }
        for (key, held) in BTreeMap::<Key, Held>::into_iter(free) {
            self.bytes -= key.footprint();
            self.soil(key, held.change);
        }
    }

    /// The chunk could not be copied because a unique value was in the way; its rows, read after the failure, are
    /// left to the flush. Nothing of it is in the ghost.
    pub fn chunk_handed_over(&mut self, chunk: ChunkId, keys: Vec<Key>) {
        self.chunk_committed(chunk);
        for key in keys {
            self.soil(key, Change::Written);
        }
    }

    /// Every chunk has committed, up to the end of the range.
    pub fn rows_copied(&self) -> Option<RowsCopied> {
        self.regions.is_complete().then_some(RowsCopied(()))
    }

    /// Claims that have not committed.
    pub fn open_claims(&self) -> usize {
        self.regions.open().count()
    }

    // ---- changes -----------------------------------------------------------------------------------------------

    /// The stream delivered a change of this key.
    pub fn delivered(&mut self, key: Key, change: Change) {
        match self.regions.place(&key) {
            Place::RangeUnknown => insert(&mut self.early, &mut self.bytes, key, change),
            Place::NotYetClaimed => {}
            Place::InClaims(claims) if self.rules.hold => self.hold(key, change, claims),
            Place::InClaims(_) | Place::Copied => self.soil(key, change),
        }
    }

    /// The next keys that may be flushed: at most `keys_max` keys and, beyond the first, `bytes_max` bytes of keys.
    pub fn next_batch(&mut self, keys_max: usize, bytes_max: usize) -> Option<Batch> {
        if !self.exact_identity && !self.flying.is_empty() {
            return None;
        }
        let picked = self.pick(keys_max, bytes_max);
        if picked.is_empty() {
            return None;
        }
        self.batches += 1;
        let id = BatchId(self.batches);
        self.next_from = picked.last_key_value().map(|(key, _)| key.clone());
        let keys = picked
            .iter()
            .map(|(key, change)| (key.clone(), *change))
            .collect();
        self.flying.insert(id, picked);
        Some(Batch { id, keys })
    }

    /// The batch's transaction has committed.
    pub fn batch_flushed(&mut self, batch: BatchId, flushed: Flushed) {
        self.land(batch);
        self.displaced(flushed.displaced);
        for Parked { key, wants } in flushed.parked {
            let footprint = key.footprint();
            if self.parked.insert(key, wants).is_none() {
                self.bytes += footprint;
            }
        }
    }

    /// The batch did not happen: its keys may be flushed again at once, they are still behind their fence.
    pub fn batch_failed(&mut self, batch: BatchId) {
        for (key, change) in self.land(batch) {
            insert(&mut self.ripe, &mut self.bytes, key, change);
        }
    }

    /// Nobody knows whether the batch happened: its keys are flushed again, and so is whatever else it may have deleted.
    pub fn batch_lost(&mut self, batch: BatchId, touched: Vec<Key>) {
        self.batch_failed(batch);
        self.displaced(touched);
    }

    /// Keys that collided with another source row are tried again.
    pub fn retry_parked(&mut self) {
        for key in std::mem::take(&mut self.parked).into_keys() {
            self.bytes -= key.footprint();
            self.soil(key, Change::Gone);
        }
    }

    /// Rows that collide with another source row, as far as is known: their keys, and what they want.
    pub fn parked(&self) -> &BTreeMap<Key, String> {
        &self.parked
    }

    /// Nothing delivered so far is still to be flushed (parked keys aside).
    pub fn is_drained(&self) -> bool {
        self.load().dirty() == 0 && self.early.is_empty()
    }

    /// Nothing of this key is on its way into the ghost, and it collides with no other row, as far as is known.
    pub fn is_settled(&self, key: &Key) -> bool {
        let waits = self.waiting.values().chain(self.flying.values());
        !(self.ripe.contains_key(key)
            || self.held.contains_key(key)
            || self.parked.contains_key(key)
            || self.early.contains_key(key)
            || waits.into_iter().any(|keys| keys.contains_key(key)))
    }

    /// The flush that was begun last.
    pub fn newest_batch(&self) -> BatchId {
        BatchId(self.batches)
    }

    /// Every flush up to this one has ended.
    pub fn have_landed(&self, batch: BatchId) -> bool {
        self.flying
            .first_key_value()
            .is_none_or(|(first, _)| *first > batch)
    }

    /// The keys of a flush that is under way.
    pub fn keys_of(&self, batch: BatchId) -> impl Iterator<Item = &Key> {
        self.flying.get(&batch).into_iter().flat_map(BTreeMap::keys)
    }

    /// A flush could begin now.
    pub fn has_ripe(&self) -> bool {
        !self.ripe.is_empty() && (self.exact_identity || self.flying.is_empty())
    }

    /// What is kept.
    pub fn load(&self) -> Load {
        Load {
            waiting: self.waiting.values().map(BTreeMap::len).sum::<usize>() + self.early.len(),
            ripe: self.ripe.len(),
            held: self.held.len(),
            flying: self.flying.values().map(BTreeMap::len).sum(),
            parked: self.parked.len(),
            bytes: self.bytes,
        }
    }

    fn displaced(&mut self, keys: Vec<Key>) {
        if self.rules.displaced_is_dirty {
            for key in keys {
                self.soil(key, Change::Gone);
            }
        }
    }

    /// Dirty, and not to be flushed before the next mark has come back behind it.
    fn soil(&mut self, key: Key, change: Change) {
        let keys = if self.rules.flush_waits_for_mark {
            self.waiting.entry(self.marks.behind_stream()).or_default()
        } else {
            &mut self.ripe
        };
        insert(keys, &mut self.bytes, key, change);
    }

    fn hold(&mut self, key: Key, change: Change, claims: BTreeSet<ChunkId>) {
        let footprint = key.footprint();
        let held = self.held.entry(key).or_insert_with(|| {
            self.bytes += footprint;
            Held {
                change,
                until: BTreeSet::new(),
            }
        });
        held.change = held.change.and(change);
        held.until.extend(claims);
    }

    /// Moves what stands behind its fence to the ripe keys.
    fn ripen(&mut self) {
        let still = self.waiting.split_off(&self.marks.fenced().next());
        for keys in std::mem::replace(&mut self.waiting, still).into_values() {
            for (key, change) in keys {
                self.bytes -= key.footprint();
                insert(&mut self.ripe, &mut self.bytes, key, change);
            }
        }
    }

    fn pick(&mut self, keys_max: usize, bytes_max: usize) -> Keys {
        let from = self.next_from.take();
        let start = from
            .as_ref()
            .map_or(std::ops::Bound::Unbounded, std::ops::Bound::Excluded);
        let wrapped = from.as_ref().map(|from| self.ripe.range(..=from));
        let ahead = self.ripe.range((start, std::ops::Bound::Unbounded));
        let mut bytes = 0;
        let chosen: Vec<Key> = ahead
            .chain(wrapped.into_iter().flatten())
            .filter(|(key, _)| !self.flying.values().any(|keys| keys.contains_key(*key)))
            .take(keys_max)
            .map(|(key, _)| key)
            .take_while(|key| {
                let first = bytes == 0;
                bytes += key.bytes().len();
                first || bytes <= bytes_max
            })
            .cloned()
            .collect();
        chosen
            .into_iter()
            .filter_map(|key| self.ripe.remove_entry(&key))
            .collect()
    }

    fn land(&mut self, batch: BatchId) -> Keys {
        let keys = self.flying.remove(&batch).unwrap_or_default();
        self.bytes -= keys.keys().map(Key::footprint).sum::<usize>();
        keys
    }
}

fn insert(keys: &mut Keys, bytes: &mut usize, key: Key, change: Change) {
    let footprint = key.footprint();
    let known = keys.entry(key).or_insert_with(|| {
        *bytes += footprint;
        change
    });
    *known = known.and(change);
}
