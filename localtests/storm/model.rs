//! The rows of one writer, as they will be once its open transaction has committed, and how to go back.
//!
//! Who may use an id that has no row: ids come in groups of four, and group g is at home with writer g modulo the number of
//! writers. A writer that vacates an id which is not its own puts it into the pool; one that vacates its own may. What is in the
//! pool is not at home any more (`away`), so that nobody uses it twice.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use rand::RngExt;
use rand::rngs::StdRng;

use super::Storm;

/// Ids to one row at the start; the others are free.
const IDS_PER_ROW: i64 = 4;
/// How often a free id of one's own is looked for before an insert is given up.
const TRIES_MAX: usize = 40;
/// What the pools keep at most; older values are forgotten, which is harmless.
const POOL_MAX: usize = 4_000;
/// Distance between the unique values that two writers make up.
const FRESH_SPAN: i64 = 1_000_000_000_000;

/// The columns of a row that change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// How the key is spelled (`vc` only).
    pub form: u8,
    /// The second unique key.
    pub u: i64,
    pub k: i32,
    /// Stands for the text, see `table::text`.
    pub tag: u32,
}

impl Row {
    /// What the loader writes for an id.
    pub fn at_start(id: i64) -> Self {
        Self {
            form: 0,
            u: id,
            k: (id % 1_000) as i32,
            tag: id as u32,
        }
    }
}

/// Ids of the rows that the loader writes.
pub fn ids_at_start(rows: u64) -> impl Iterator<Item = i64> {
    (1..=rows as i64).map(|group| group * IDS_PER_ROW)
}

/// The first id that the server gives out itself: above all that writers choose.
pub fn first_given_id(rows: u64) -> i64 {
    (rows as i64 + 1) * IDS_PER_ROW
}

/// What wanders between writers.
#[derive(Default)]
pub struct Pools {
    ids: Pool,
    values: Pool,
}

#[derive(Default)]
struct Pool(Mutex<Vec<i64>>);

impl Pool {
    fn give(&self, value: i64) -> bool {
        let mut values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = values.len() < POOL_MAX;
        if room {
            values.push(value);
        }
        room
    }

    fn take(&self, rng: &mut StdRng) -> Option<i64> {
        let mut values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = (!values.is_empty()).then(|| rng.random_range(0..values.len()))?;
        Some(values.swap_remove(at))
    }
}

/// One writer's rows.
pub struct Share {
    pub rng: StdRng,
    rows: HashMap<i64, (usize, Row)>,
    /// The keys of `rows`, to draw one from; a row knows its place here.
    ids: Vec<i64>,
    number: i64,
    writers: i64,
    groups: i64,
    away: HashSet<i64>,
    fresh: i64,
    open: Open,
}

/// What the open transaction has done.
#[derive(Default)]
struct Open {
    /// Ids and what they held before, latest last.
    undo: Vec<(i64, Option<Row>)>,
    /// Taken from the pools.
    took_ids: Vec<i64>,
    took_values: Vec<i64>,
    /// Values for the pool once this commits.
    gives: Vec<i64>,
}

impl Share {
    /// What a writer owns after the load.
    pub fn at_start(storm: &Storm, number: u64) -> Self {
        let mut share = Self {
            rng: rand::SeedableRng::seed_from_u64(storm.seed.wrapping_mul(1_000).wrapping_add(number)),
            rows: HashMap::new(),
            ids: Vec::new(),
            number: number as i64,
            writers: storm.writers.max(1) as i64,
            groups: storm.rows as i64,
            away: HashSet::new(),
            fresh: FRESH_SPAN * (number as i64 + 1),
            open: Open::default(),
        };
        for id in ids_at_start(storm.rows)
            .filter(|&id| share.at_home(id))
            .collect::<Vec<_>>()
        {
            share.set(id, Some(Row::at_start(id)));
        }
        share
    }

    /// All rows.
    pub fn rows(&self) -> impl Iterator<Item = (i64, Row)> + '_ {
        self.rows.iter().map(|(&id, &(_, row))| (id, row))
    }

    pub fn get(&self, id: i64) -> Option<Row> {
        self.rows.get(&id).map(|&(_, row)| row)
    }

    /// Some row.
    pub fn any(&mut self) -> Option<(i64, Row)> {
        let at = (!self.ids.is_empty()).then(|| self.rng.random_range(0..self.ids.len()))?;
        let id = *self.ids.get(at)?;
        Some((id, self.get(id)?))
    }

    /// Some rows, no two the same; fewer if there are not as many.
    pub fn some(&mut self, count: usize) -> Vec<(i64, Row)> {
        let mut found: Vec<(i64, Row)> = Vec::new();
        for _ in 0..count * 2 {
            match self.any() {
                Some((id, row)) if found.len() < count && found.iter().all(|(other, _)| *other != id) => {
                    found.push((id, row))
                }
                _ => {}
            }
        }
        found
    }

    /// An id without a row that this writer may use: one of its own, or one that another writer has vacated.
    pub fn free_id(&mut self, pools: &Pools) -> Option<i64> {
        if self.rng.random_ratio(1, 3)
            && let Some(id) = pools.ids.take(&mut self.rng)
        {
            self.away.remove(&id);
            self.open.took_ids.push(id);
            return Some(id);
        }
        for _ in 0..TRIES_MAX {
            let id = self.guess_id()?;
            if id > 0 && !self.rows.contains_key(&id) && !self.away.contains(&id) {
                return Some(id);
            }
        }
        None
    }

    fn guess_id(&mut self) -> Option<i64> {
        let groups = self.groups / self.writers;
        let group = (groups > 0).then(|| self.rng.random_range(0..groups))? * self.writers + self.number;
        Some(group * IDS_PER_ROW + self.rng.random_range(0..IDS_PER_ROW))
    }

    /// A value that no row has had.
    pub fn fresh_value(&mut self) -> i64 {
        self.fresh += 1;
        self.fresh
    }

    /// A value that another writer's row, or one of ours, has given up.
    pub fn pooled_value(&mut self, pools: &Pools) -> Option<i64> {
        let value = pools.values.take(&mut self.rng)?;
        self.open.took_values.push(value);
        Some(value)
    }

    /// A value to be given to whoever wants it, once this transaction has committed.
    pub fn give_value(&mut self, value: i64) {
        self.open.gives.push(value);
    }

    /// Change, add (`Some`) or remove (`None`) a row.
    pub fn put(&mut self, id: i64, row: Option<Row>) {
        self.open.undo.push((id, self.get(id)));
        self.set(id, row);
    }

    /// The transaction is committed: what it set free may wander.
    pub fn committed(&mut self, pools: &Pools) {
        let open = std::mem::take(&mut self.open);
        for value in open.gives {
            pools.values.give(value);
        }
        let touched: HashSet<i64> = open.undo.iter().map(|(id, _)| *id).chain(open.took_ids).collect();
        for id in touched {
            if self.rows.contains_key(&id) {
                continue;
            }
            let home = self.at_home(id);
            // What is at home here need not wander; what is not would be lost.
            if home && self.rng.random_bool(0.5) {
                continue;
            }
            if pools.ids.give(id) && home {
                self.away.insert(id);
            }
        }
    }

    /// The transaction is rolled back: everything is as before it, and what it took is back in the pools.
    pub fn rolled_back(&mut self, pools: &Pools) {
        let open = std::mem::take(&mut self.open);
        for (id, row) in open.undo.into_iter().rev() {
            self.set(id, row);
        }
        for value in open.took_values {
            pools.values.give(value);
        }
        for id in open.took_ids {
            if pools.ids.give(id) && self.at_home(id) {
                self.away.insert(id);
            }
        }
    }

    /// The rows that the open transaction touches: before it and after it.
    pub fn touched(&self) -> HashMap<i64, (Option<Row>, Option<Row>)> {
        let mut touched = HashMap::new();
        for (id, before) in &self.open.undo {
            touched.entry(*id).or_insert((*before, self.get(*id)));
        }
        touched
    }

    fn at_home(&self, id: i64) -> bool {
        let group = id / IDS_PER_ROW;
        group <= self.groups && group % self.writers == self.number
    }

    fn set(&mut self, id: i64, row: Option<Row>) {
        match (row, self.rows.get_mut(&id)) {
            (Some(row), Some((_, held))) => *held = row,
            (Some(row), None) => {
                self.rows.insert(id, (self.ids.len(), row));
                self.ids.push(id);
            }
            (None, Some(_)) => self.remove(id),
            (None, None) => {}
        }
    }

    fn remove(&mut self, id: i64) {
        let Some((at, _)) = self.rows.remove(&id) else {
            return;
        };
        self.ids.swap_remove(at);
        let moved = self.ids.get(at).copied();
        if let Some((place, _)) = moved.and_then(|moved| self.rows.get_mut(&moved)) {
            *place = at;
        }
    }
}
