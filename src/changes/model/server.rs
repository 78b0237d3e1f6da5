//! An abstract MySQL: as much of it as the rules lean on, and where in doubt more permissive than the real one.
//!
//! * A commit stands in the binlog first and becomes visible to reads later, in binlog order.
//! * The ghost's unique keys hold: an insert that collides fails, and its transaction leaves nothing behind.
//! * A transaction on the ghost has its effect at its commit, in one step. Rows that it has deleted before are locked;
//!   rows that it will insert are not. That is sound: the real server would make others wait for an inserted row's lock
//!   until the commit, so each of its runs is a run of the model in which the others come before or after.
//! * No gap locks: all sessions run READ COMMITTED.

use std::collections::{BTreeMap, BTreeSet};

use crate::changes::{Change, Mark};

/// A key as the server tells keys apart; ids start at 1. Their spelling may differ ('a', 'A') where keys are text.
pub(in crate::changes) type Id = u8;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::changes) struct Row {
    pub(super) spelling: u8,
    /// Which transaction wrote the row, so that a stale row is told from a fresh one.
    pub(super) value: u8,
    /// The value of the second unique key.
    pub(super) unique: Option<u8>,
}

pub(in crate::changes) type Rows = BTreeMap<Id, Row>;

/// What a writer's transaction does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::changes) enum Op {
    /// Inserts the row, or updates its value.
    Put(Id),
    /// Inserts or updates the row with this unique value.
    PutUnique(Id, u8),
    Delete(Id),
    /// Updates the key.
    Move(Id, Id),
    /// Exchanges the unique values of two rows: two updates in one transaction.
    Exchange(Id, Id),
    /// Updates the key to another spelling that the server calls equal.
    Respell(Id),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Event {
    /// `row` is the effect; the stream shows only the key and the change.
    Row {
        id: Id,
        spelling: u8,
        change: Change,
        row: Option<Row>,
        commits: bool,
    },
    Mark(Mark),
}

impl Event {
    fn gone(id: Id, row: Row) -> Self {
        Self::Row {
            id,
            spelling: row.spelling,
            change: Change::Gone,
            row: None,
            commits: false,
        }
    }

    fn written(id: Id, row: Row) -> Self {
        Self::Row {
            id,
            spelling: row.spelling,
            change: Change::Written,
            row: Some(row),
            commits: false,
        }
    }

    pub(super) fn commits(&self) -> bool {
        match self {
            Self::Row { commits, .. } => *commits,
            Self::Mark(_) => true,
        }
    }

    fn effect(&self, rows: &mut Rows) {
        match *self {
            Self::Row {
                id, row: Some(row), ..
            } => drop(rows.insert(id, row)),
            Self::Row { id, row: None, .. } => drop(rows.remove(&id)),
            Self::Mark(_) => {}
        }
    }
}

/// A transaction on the ghost that has not ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Txn {
    /// Rows that it has deleted: locked.
    pub(super) deletes: BTreeSet<Id>,
    /// Rows that it inserts.
    pub(super) puts: Rows,
    /// An insert takes the place of a row with the same key (`REPLACE`).
    pub(super) replaces: bool,
}

/// What an insert meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Meets {
    Nothing,
    /// A row that another transaction has locked.
    Lock,
    /// Error 1062.
    Duplicate,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(in crate::changes) struct Server {
    /// The source with all that stands in the log.
    pub(super) latest: Rows,
    /// The source as a read sees it.
    pub(super) visible: Rows,
    pub(super) ghost: Rows,
    pub(super) log: Vec<Event>,
    /// So many events of the log are visible.
    pub(super) visible_to: usize,
}

impl Server {
    pub(super) fn new(rows: Rows) -> Self {
        Self {
            latest: rows.clone(),
            visible: rows,
            ..Self::default()
        }
    }

    /// Writes the transaction into the log; false where it makes no sense or a unique key forbids it.
    pub(super) fn write(&mut self, op: Op, value: u8, source_unique: bool) -> bool {
        let mut events = self.events(op, value);
        let mut after = self.latest.clone();
        events.iter().for_each(|event| event.effect(&mut after));
        if events.is_empty() || source_unique && has_duplicates(&after) {
            return false;
        }
        if let Some(Event::Row { commits, .. }) = events.last_mut() {
            *commits = true;
        }
        self.log.extend(events);
        self.latest = after;
        true
    }

    fn events(&self, op: Op, value: u8) -> Vec<Event> {
        let at = |id: Id| self.latest.get(&id).map(|row| Row { value, ..*row });
        let fresh = Row {
            spelling: 0,
            value,
            unique: None,
        };
        match op {
            Op::Put(id) => vec![Event::written(id, at(id).unwrap_or(fresh))],
            Op::PutUnique(id, unique) => {
                let row = at(id).unwrap_or(fresh);
                vec![Event::written(
                    id,
                    Row {
                        unique: Some(unique),
                        ..row
                    },
                )]
            }
            Op::Delete(id) => at(id).map(|row| Event::gone(id, row)).into_iter().collect(),
            Op::Move(from, to) => match (at(from), at(to)) {
                (Some(row), None) => vec![Event::gone(from, row), Event::written(to, row)],
                _ => vec![],
            },
            Op::Exchange(one, two) => match (at(one), at(two)) {
                (Some(a), Some(b)) if a.unique != b.unique => vec![
                    Event::written(
                        one,
                        Row {
                            unique: b.unique,
                            ..a
                        },
                    ),
                    Event::written(
                        two,
                        Row {
                            unique: a.unique,
                            ..b
                        },
                    ),
                ],
                _ => vec![],
            },
            Op::Respell(id) => at(id).map_or(vec![], |row| {
                let spelling = 1 - row.spelling;
                vec![Event::gone(id, row), Event::written(id, Row { spelling, ..row })]
            }),
        }
    }

    pub(super) fn invisible(&self) -> &[Event] {
        &self.log[self.visible_to..]
    }

    /// The engine's commit of the next transaction in the log.
    pub(super) fn reveal(&mut self) {
        while let Some(event) = self.log.get(self.visible_to) {
            event.effect(&mut self.visible);
            self.visible_to += 1;
            if event.commits() {
                break;
            }
        }
    }

    pub(super) fn is_visible(&self, mark: Mark) -> bool {
        !self.invisible().contains(&Event::Mark(mark))
    }

    /// What inserting the transaction's rows meets, as things are now.
    pub(super) fn meets<'a>(&self, txn: &Txn, others: impl Iterator<Item = &'a Txn> + Clone) -> Meets {
        if has_duplicates(&txn.puts) {
            return Meets::Duplicate;
        }
        let locked = |id: &Id| others.clone().any(|other| other.deletes.contains(id));
        let wanted = |id: &Id, row: &Row| {
            txn.puts.contains_key(id) || row.unique.is_some_and(|unique| holds(&txn.puts, unique))
        };
        let others_rows = self.ghost.iter().filter(|(id, _)| !txn.deletes.contains(id));
        let met = others_rows
            .filter(|(id, row)| wanted(id, row))
            .map(|(id, _)| match locked(id) {
                true => Meets::Lock,
                false if txn.replaces => Meets::Nothing,
                false => Meets::Duplicate,
            });
        met.max().unwrap_or(Meets::Nothing)
    }

    pub(super) fn commit(&mut self, txn: &Txn) {
        self.ghost.retain(|id, _| !txn.deletes.contains(id));
        self.ghost.extend(txn.puts.iter().map(|(id, row)| (*id, *row)));
    }
}

pub(super) fn holds(rows: &Rows, unique: u8) -> bool {
    rows.values().any(|row| row.unique == Some(unique))
}

/// Ids of rows that share a unique value with another of these rows.
pub(super) fn duplicates(rows: &Rows) -> BTreeSet<Id> {
    let same = |id: Id, row: Row| {
        rows.iter()
            .any(|(other, its)| *other != id && its.unique == row.unique)
    };
    rows.iter()
        .filter(|(id, row)| row.unique.is_some() && same(**id, **row))
        .map(|(id, _)| *id)
        .collect()
}

pub(super) fn has_duplicates(rows: &Rows) -> bool {
    !duplicates(rows).is_empty()
}
