//! What has been looked at, and what is due again. Pure: no I/O, no clock.
//!
//! 1. **A pass** looks at every part of the table once. Parts are found one behind the other; the first has no lower end
//!    and the last no upper one.
//! 2. **Due keys.** A key that was flushed while or after its part was looked at is due, and so is a key that differed
//!    there: the change that explains it may still be on its way.
//! 3. **A look at keys** begins only with keys that are settled: nothing of them is waiting, held, parked or being flushed.
//!    A key that differs there is *judged* when a mark that was begun behind the look has come back and every flush that
//!    was under way has ended: what the look saw of the source has been delivered by then. If nothing changed the key
//!    meanwhile, nothing explains the difference, and the run must end. Otherwise the key comes back as due when it is flushed.
//! 4. **The swap** looks at whatever is due under its lock, where everything is settled and nothing changes.
//!
//! Memory: due keys are limited in number and bytes. Over the limit, their parts are looked at again instead.

mod words;

use std::cmp::Ordering::Greater;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::{Depth, Difference, Part, Summary};
use crate::{
    changes::{BatchId, Mark},
    config::Verify,
    key::Key,
    pace::ChunkSizer,
};
use words::{Judgement, Look, Place, Search, State, may_hold};
pub use words::{LookId, Task};

/// Looks at the same time.
const LOOKS_MAX: usize = 2;
/// Keys of one look.
const KEYS_MAX: usize = 500;
/// Beyond so many keys due, the swap is not tried: they would have to be looked at under its lock.
const SWAP_KEYS_MAX: usize = 1_000;
/// In a sample, one part of so many is compared by columns.
const SAMPLE_EVERY: usize = 10;

/// The state of a verification.
#[derive(Debug)]
pub struct Ledger {
    verify: Verify,
    /// Equal keys are equal bytes.
    exact: bool,
    sizer: ChunkSizer,
    keys_max: usize,
    bytes_max: usize,
    search: Search,
    places: Vec<Place>,
    parts_looking: BTreeMap<LookId, usize>,
    looks: BTreeMap<LookId, Look>,
    judgements: Vec<Judgement>,
    due: BTreeSet<Key>,
    bytes: usize,
    last: u64,
    summary: Summary,
}

impl Ledger {
    /// Nothing looked at. `exact`: equal keys are equal bytes; `keys_max`, `bytes_max`: of the keys that are due.
    pub fn new(verify: Verify, exact: bool, sizer: ChunkSizer, keys_max: usize, bytes_max: usize) -> Self {
        Self {
            verify,
            exact,
            sizer,
            keys_max,
            bytes_max,
            search: Search::NotBegun,
            places: Vec::new(),
            parts_looking: BTreeMap::new(),
            looks: BTreeMap::new(),
            judgements: Vec::new(),
            due: BTreeSet::new(),
            bytes: 0,
            last: 0,
            summary: Summary::new(verify),
        }
    }

    /// All rows are copied: the pass begins. `whole`: its parts, where they are not ranges.
    pub fn begin(&mut self, whole: Vec<Part>) {
        if self.verify == Verify::Off || self.search != Search::NotBegun {
            return;
        }
        if whole.is_empty() {
            self.search = Search::At {
                after: None,
                finding: false,
            };
        } else {
            self.search = Search::Done;
            whole.into_iter().for_each(|part| self.add(part));
        }
    }

    /// It has begun, or there will be none.
    pub fn has_begun(&self) -> bool {
        self.verify == Verify::Off || self.search != Search::NotBegun
    }

    /// The next thing to look at. `settled`: nothing of this key is on its way.
    pub fn next(&mut self, settled: impl Fn(&Key) -> bool) -> Option<Task> {
        if matches!(self.search, Search::NotBegun) {
            return None;
        }
        let passing = self.is_passing();
        if self.looks.is_empty() && (!passing || self.due.len() >= KEYS_MAX) {
            let keys = self.pick(settled);
            if !keys.is_empty() {
                return Some(self.look_at(keys));
            }
        }
        if self.looks.len() + self.parts_looking.len() < LOOKS_MAX
            && let Some(task) = self.next_part()
        {
            return Some(task);
        }
        self.find()
    }

    // ---- what happened -----------------------------------------------------------------------------------------

    /// The end of the part that was looked for; `None`: the table's.
    pub fn found(&mut self, to: Option<Key>) {
        let Search::At { after, .. } = &self.search else {
            return;
        };
        let part = Part::Range {
            after: after.clone(),
            to: to.clone(),
        };
        self.search = match to {
            None => Search::Done,
            after => Search::At {
                after,
                finding: false,
            },
        };
        self.add(part);
    }

    /// A part was looked at.
    pub fn part_seen(&mut self, look: LookId, rows: u64, differing: Vec<Key>, took: Duration) {
        let Some(place) = self
            .parts_looking
            .remove(&look)
            .and_then(|number| self.places.get_mut(number))
        else {
            return;
        };
        place.rows = rows;
        place.state = match place.state {
            State::LookingInVain => State::ToDo,
            _ => State::Seen,
        };
        if place.depth == Depth::Columns {
            self.sizer.copied(rows, took);
        }
        self.summary.second_looks += differing.len() as u64;
        for key in differing {
            self.owe(key);
        }
    }

    /// Keys were looked at. `until`: the mark that will be begun next; `landed`: the newest flush that was begun.
    pub fn keys_seen(&mut self, look: LookId, differences: Vec<Difference>, until: Mark, landed: BatchId) {
        let Some(look) = self.looks.remove(&look) else {
            return;
        };
        self.summary.keys_verified += look.keys.len() as u64;
        self.summary.second_looks += differences.len() as u64;
        // A row whose key is only equal to one that was asked for need not have been settled: it is due by itself.
        let (differences, others): (Vec<_>, Vec<_>) = differences
            .into_iter()
            .partition(|difference| look.keys.contains(&difference.key));
        for other in others {
            self.owe(other.key);
        }
        if !differences.is_empty() {
            self.judgements.push(Judgement {
                differences,
                look,
                until,
                landed,
            });
        }
    }

    /// A change of this key was delivered, or a flush disturbed its row.
    pub fn stirred(&mut self, key: &Key) {
        let judged = self.judgements.iter_mut().map(|judgement| &mut judgement.look);
        for look in self.looks.values_mut().chain(judged) {
            // A row that differs need not be one that was asked for: keys may be equal in other bytes.
            if !self.exact || look.keys.contains(key) {
                look.stirred.insert(key.clone());
            }
        }
    }

    /// These keys were flushed.
    pub fn flushed<'a>(&mut self, keys: impl IntoIterator<Item = &'a Key>) {
        if matches!(self.search, Search::NotBegun) {
            return;
        }
        for key in keys {
            self.stirred(key);
            if self.may_be_seen(key) {
                self.owe(key.clone());
            }
        }
        if self.due.len() > self.keys_max || self.bytes > self.bytes_max {
            self.look_at_parts_again();
        }
    }

    /// Rows that differ for no reason, as soon as that is known.
    pub fn judge(
        &mut self,
        fenced: impl Fn(Mark) -> bool,
        landed: impl Fn(BatchId) -> bool,
    ) -> Option<Vec<Difference>> {
        let (ripe, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut self.judgements)
            .into_iter()
            .partition(|judgement| fenced(judgement.until) && landed(judgement.landed));
        self.judgements = rest;
        let unexplained: Vec<Difference> = ripe
            .into_iter()
            .flat_map(
                |Judgement {
                     differences, look, ..
                 }| {
                    differences
                        .into_iter()
                        .filter(move |difference| !look.stirred.contains(&difference.key))
                },
            )
            .collect();
        (!unexplained.is_empty()).then_some(unexplained)
    }

    // ---- the swap ----------------------------------------------------------------------------------------------

    /// The pass is over, and what is due fits into the swap.
    pub fn is_ready(&self) -> bool {
        let judged: usize = self
            .judgements
            .iter()
            .map(|judgement| judgement.differences.len())
            .sum();
        self.verify == Verify::Off
            || (!self.is_passing()
                && self.search != Search::NotBegun
                && self.due.len() + judged <= SWAP_KEYS_MAX)
    }

    /// No look is under way any more: what waits for its judgement is due, too.
    pub fn recall(&mut self) {
        let looks = std::mem::take(&mut self.looks)
            .into_values()
            .flat_map(|look| look.keys);
        let judged = std::mem::take(&mut self.judgements)
            .into_iter()
            .flat_map(|judgement| judgement.differences)
            .map(|difference| difference.key);
        for key in looks.chain(judged).collect::<Vec<_>>() {
            self.owe(key);
        }
    }

    /// The next keys for the look under the lock; they stay due until [`Ledger::looked`].
    pub fn next_due(&self) -> Option<Vec<Key>> {
        let keys: Vec<Key> = self.due.iter().take(KEYS_MAX).cloned().collect();
        (!keys.is_empty()).then_some(keys)
    }

    /// They were equal.
    pub fn looked(&mut self, keys: &[Key]) {
        self.summary.keys_verified += keys.len() as u64;
        for key in keys {
            self.settle(key);
        }
    }

    // ---- questions ---------------------------------------------------------------------------------------------

    /// The mark that a judgement waits for.
    pub fn waits_for(&self) -> Option<Mark> {
        self.judgements.iter().map(|judgement| judgement.until).min()
    }

    /// Some part has not been looked at.
    pub fn is_passing(&self) -> bool {
        matches!(self.search, Search::At { .. }) || self.places.iter().any(|place| place.state != State::Seen)
    }

    /// Nothing is compared.
    pub fn is_off(&self) -> bool {
        self.verify == Verify::Off
    }

    /// How closely keys are looked at.
    pub fn depth(&self) -> Depth {
        if self.verify == Verify::Count {
            Depth::Presence
        } else {
            Depth::Columns
        }
    }

    /// Keys that are due.
    pub fn due(&self) -> usize {
        self.due.len()
    }

    /// What has been done.
    pub fn summary(&self) -> Summary {
        let seen = || self.places.iter().filter(|place| place.state == State::Seen);
        let closely = seen().filter(|place| place.depth == Depth::Columns);
        Summary {
            parts: self.places.len() as u64,
            rows_counted: seen().map(|place| place.rows).sum(),
            rows_verified: closely.map(|place| place.rows).sum(),
            ..self.summary.clone()
        }
    }

    // ---- inside ------------------------------------------------------------------------------------------------

    fn add(&mut self, part: Part) {
        let sampled = self.places.len().is_multiple_of(SAMPLE_EVERY);
        let depth = match self.verify {
            Verify::Full => Depth::Columns,
            Verify::Sample if sampled => Depth::Columns,
            _ => Depth::Presence,
        };
        self.places.push(Place {
            part,
            state: State::ToDo,
            depth,
            rows: 0,
        });
    }

    fn look_id(&mut self) -> LookId {
        self.last += 1;
        LookId(self.last)
    }

    fn look_at(&mut self, keys: Vec<Key>) -> Task {
        let look = self.look_id();
        self.looks.insert(
            look,
            Look {
                keys: keys.iter().cloned().collect(),
                stirred: BTreeSet::new(),
            },
        );
        let depth = self.depth();
        Task::Keys { look, keys, depth }
    }

    /// Keys that are not settled leave the set: they come back when they are flushed.
    fn pick(&mut self, settled: impl Fn(&Key) -> bool) -> Vec<Key> {
        let mut keys = Vec::new();
        while keys.len() < KEYS_MAX
            && let Some(key) = self.due.pop_first()
        {
            self.bytes -= key.footprint();
            if settled(&key) {
                keys.push(key);
            }
        }
        keys
    }

    fn next_part(&mut self) -> Option<Task> {
        let number = self.places.iter().position(|place| place.state == State::ToDo)?;
        let look = self.look_id();
        let place = self.places.get_mut(number)?;
        place.state = State::Looking;
        self.parts_looking.insert(look, number);
        Some(Task::Part {
            look,
            part: place.part.clone(),
            depth: place.depth,
        })
    }

    fn find(&mut self) -> Option<Task> {
        let waiting = self
            .places
            .iter()
            .filter(|place| place.state == State::ToDo)
            .count();
        match &mut self.search {
            Search::At { after, finding } if !*finding && waiting < LOOKS_MAX => {
                *finding = true;
                Some(Task::Find {
                    after: after.clone(),
                    rows: self.sizer.rows(),
                })
            }
            _ => None,
        }
    }

    fn owe(&mut self, key: Key) {
        let footprint = key.footprint();
        if self.due.insert(key) {
            self.bytes += footprint;
        }
    }

    fn settle(&mut self, key: &Key) {
        if self.due.remove(key) {
            self.bytes -= key.footprint();
        }
    }

    /// False only where it is certain that the key's part is still to be found.
    fn may_be_seen(&self, key: &Key) -> bool {
        match &self.search {
            Search::At { after: None, .. } => false,
            Search::At {
                after: Some(after), ..
            } => key.compare(after) != Some(Greater),
            _ => true,
        }
    }

    fn look_at_parts_again(&mut self) {
        self.bytes = 0;
        for key in std::mem::take(&mut self.due) {
            for place in self.places.iter_mut().filter(|place| may_hold(&place.part, &key)) {
                place.state = match place.state {
                    State::Seen | State::ToDo => State::ToDo,
                    State::Looking | State::LookingInVain => State::LookingInVain,
                };
            }
        }
    }
}

#[cfg(test)]
mod tests;
