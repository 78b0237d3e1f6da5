//! The flush, statement by statement as the real one sends them.
//!
//! * *One unique key*: delete what is gone (locking), then `REPLACE` what a snapshot taken after that shows.
//! * *More unique keys*: delete the batch, then insert what a snapshot taken after that shows. On 1062, roll back and
//!   find the *closure*: read the rows of the batch, then look whose ghost rows are in their way, take those into it
//!   and read again, for some rounds; what is in the way then is displaced; rows that want the same value are parked.
//!   Delete all of them (locking), insert the rows that were read.
//!
//! A flush that fails begins again from the start, as the same batch.

use std::collections::BTreeSet;

use super::{
    Order, World,
    server::{Id, Meets, Rows, Txn, duplicates, holds},
};
use crate::changes::{Batch, BatchId, Change, Flushed, Parked};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Running {
    batch: Batch,
    /// Its keys, and what it reads along with them.
    ids: BTreeSet<Id>,
    displaced: BTreeSet<Id>,
    parked: BTreeSet<Id>,
    /// What attempts have touched besides the batch that ended nobody knows how.
    suspects: BTreeSet<Id>,
    pub(super) txn: Txn,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Stage {
    Begun,
    /// What is gone, or the batch, is deleted.
    Cleared,
    /// The closure's rows are to be read, for this round.
    Closing(u8),
    /// They have been read, and what is in their way is to be looked up.
    Looking(u8),
    /// The closure is known and to be deleted.
    Closed,
    /// All rows are deleted and read; `closed`: by the closure.
    Ready {
        closed: bool,
    },
    /// Committed, and the answer is under way.
    Applied,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::changes) enum Step {
    /// Takes a batch, and sends its DELETE if no lock is in the way.
    Begin,
    Clear(BatchId),
    Read(BatchId),
    Look(BatchId),
    Commit(BatchId),
    /// Error 1062 or a deadlock: rolled back.
    Fail(BatchId),
    Return(BatchId),
    /// The session is lost at the COMMIT, which took place or not, and is known to be gone.
    Lose(BatchId, bool),
}

impl Step {
    pub(super) fn batch(&self) -> Option<BatchId> {
        match *self {
            Self::Begin => None,
            Self::Clear(id) | Self::Read(id) | Self::Look(id) | Self::Commit(id) | Self::Fail(id) => Some(id),
            Self::Return(id) | Self::Lose(id, _) => Some(id),
        }
    }
}

pub(super) fn steps(world: &World, out: &mut Vec<Step>) {
    if may_begin(world) {
        out.push(Step::Begin);
    }
    for flush in &world.flushes {
        flush_steps(world, flush, out);
    }
}

fn may_begin(world: &World) -> bool {
    let (lanes, keys) = (world.limits.lanes, world.limits.batch_keys);
    world.flushes.len() < lanes
        && world.flushes_may_begin()
        && world.changes.has_ripe()
        && world.changes.clone().next_batch(keys, usize::MAX).is_some()
}

fn flush_steps(world: &World, flush: &Running, out: &mut Vec<Step>) {
    let id = flush.batch.id;
    match flush.stage {
        Stage::Begun | Stage::Closed if is_blocked(world, flush) => {}
        Stage::Begun | Stage::Closed => out.push(Step::Clear(id)),
        Stage::Cleared | Stage::Closing(_) => out.push(Step::Read(id)),
        Stage::Looking(_) => out.push(Step::Look(id)),
        Stage::Ready { .. } => match world.server.meets(&flush.txn, world.other_txns(&flush.txn)) {
            Meets::Nothing => {
                out.push(Step::Commit(id));
                if world.left.lost_flushes > 0 && !world.is_locked() {
                    out.extend([Step::Lose(id, true), Step::Lose(id, false)]);
                }
            }
            Meets::Lock if in_deadlock(world, flush) => out.push(Step::Fail(id)),
            Meets::Lock => {}
            Meets::Duplicate => out.push(Step::Fail(id)),
        },
        Stage::Applied => out.push(Step::Return(id)),
    }
}

/// What its next DELETE deletes.
fn targets(world: &World, flush: &Running) -> BTreeSet<Id> {
    match flush.stage {
        Stage::Closed => flush.ids.union(&flush.displaced).copied().collect(),
        _ if world.limits.unique_keys() => flush.ids.clone(),
        _ => {
            let gone = flush
                .batch
                .keys
                .iter()
                .filter(|(_, change)| *change == Change::Gone);
            gone.map(|(key, _)| world.order.id(key)).collect()
        }
    }
}

/// A row that it wants to delete is locked.
fn is_blocked(world: &World, flush: &Running) -> bool {
    let targets = targets(world, flush);
    world
        .other_txns(&flush.txn)
        .any(|txn| targets.iter().any(|id| txn.deletes.contains(id)))
}

/// Somebody who holds locks waits too. (Where that is no circle, failing is only too early.)
fn in_deadlock(world: &World, flush: &Running) -> bool {
    let mut others = world
        .other_txns(&flush.txn)
        .filter(|other| !other.deletes.is_empty());
    others.any(|other| world.server.meets(other, world.other_txns(other)) == Meets::Lock)
}

pub(super) fn take(world: &mut World, step: Step) {
    match step {
        Step::Begin => begin(world),
        Step::Clear(id) => clear(world, id),
        Step::Read(id) => read(world, id),
        Step::Look(id) => look(world, id),
        Step::Commit(id) => commit(world, id),
        Step::Fail(id) => fail(world, id),
        Step::Return(id) => give_back(world, id),
        Step::Lose(id, applied) => {
            world.left.lost_flushes -= 1;
            lose(world, id, applied);
        }
    }
}

fn flush(world: &mut World, id: BatchId) -> &mut Running {
    let mut flushes = world.flushes.iter_mut();
    flushes
        .find(|flush| flush.batch.id == id)
        .expect("the batch flies")
}

fn remove(world: &mut World, id: BatchId) -> Running {
    let at = world.flushes.iter().position(|flush| flush.batch.id == id);
    world.flushes.remove(at.expect("the batch flies"))
}

fn begin(world: &mut World) {
    let Some(batch) = world.changes.next_batch(world.limits.batch_keys, usize::MAX) else {
        return;
    };
    let flush = Running {
        ids: own(world.order, &batch),
        displaced: BTreeSet::new(),
        parked: BTreeSet::new(),
        suspects: BTreeSet::new(),
        txn: Txn {
            replaces: !world.limits.unique_keys(),
            ..Txn::default()
        },
        stage: Stage::Begun,
        batch,
    };
    let (id, at_once) = (flush.batch.id, !is_blocked(world, &flush));
    world.flushes.push(flush);
    if at_once {
        clear(world, id);
    }
}

fn own(order: Order, batch: &Batch) -> BTreeSet<Id> {
    batch.keys.iter().map(|(key, _)| order.id(key)).collect()
}

fn clear(world: &mut World, id: BatchId) {
    let known = flush(world, id).clone();
    let targets = targets(world, &known);
    let ghost = world.server.ghost.keys().copied();
    let deletes = ghost.filter(|id| targets.contains(id)).collect();
    let flush = flush(world, id);
    flush.txn.deletes = deletes;
    flush.stage = match flush.stage {
        Stage::Closed => Stage::Ready { closed: true },
        _ => Stage::Cleared,
    };
}

fn read(world: &mut World, id: BatchId) {
    let visible = world.server.visible.clone();
    let flush = flush(world, id);
    flush.txn.puts = visible
        .into_iter()
        .filter(|(id, _)| flush.ids.contains(id))
        .collect();
    flush.stage = match flush.stage {
        Stage::Closing(round) => Stage::Looking(round),
        _ => Stage::Ready { closed: false },
    };
}

fn look(world: &mut World, id: BatchId) {
    let (ghost, rounds) = (
        world.server.ghost.clone(),
        world.limits.closure_rounds.unwrap_or(0),
    );
    let flush = flush(world, id);
    let in_the_way = in_the_way(&ghost, flush);
    match flush.stage {
        Stage::Looking(round) if round < rounds && !in_the_way.is_empty() => {
            flush.ids.extend(in_the_way);
            flush.stage = Stage::Closing(round + 1);
        }
        _ => {
            flush.displaced = in_the_way;
            flush.parked = duplicates(&flush.txn.puts);
            flush.txn.puts.retain(|id, _| !flush.parked.contains(id));
            flush.stage = Stage::Closed;
        }
    }
}

/// Ghost rows outside the batch that hold a unique value which a row of it wants.
fn in_the_way(ghost: &Rows, flush: &Running) -> BTreeSet<Id> {
    let others = ghost.iter().filter(|(id, _)| !flush.ids.contains(id));
    others
        .filter(|(_, row)| row.unique.is_some_and(|unique| holds(&flush.txn.puts, unique)))
        .map(|(id, _)| *id)
        .collect()
}

fn commit(world: &mut World, id: BatchId) {
    let txn = std::mem::take(&mut flush(world, id).txn);
    world.server.commit(&txn);
    flush(world, id).stage = Stage::Applied;
    if !world.limits.late_answers {
        give_back(world, id);
    }
}

/// After 1062 comes the closure; whatever fails after that begins anew.
fn fail(world: &mut World, id: BatchId) {
    let closing = flush(world, id).stage == (Stage::Ready { closed: false });
    begin_anew(world, id);
    if closing {
        flush(world, id).stage = Stage::Closing(0);
    }
}

fn begin_anew(world: &mut World, id: BatchId) {
    let order = world.order;
    let flush = flush(world, id);
    flush.ids = own(order, &flush.batch);
    flush.txn = Txn {
        replaces: flush.txn.replaces,
        ..Txn::default()
    };
    flush.displaced.clear();
    flush.parked.clear();
    flush.stage = Stage::Begun;
}

/// What a flush has touched besides its own batch.
fn touched(world: &World, flush: &Running) -> BTreeSet<Id> {
    let own = own(world.order, &flush.batch);
    flush
        .ids
        .union(&flush.displaced)
        .copied()
        .filter(|id| !own.contains(id))
        .collect()
}

fn give_back(world: &mut World, id: BatchId) {
    let done = remove(world, id);
    let mut displaced = done.displaced.clone();
    if world.limits.touched_is_dirty {
        displaced.extend(touched(world, &done).difference(&done.parked));
    }
    displaced.extend(&done.suspects);
    let key = |id: &Id| world.order.key(*id, 0);
    let parked = |id| Parked {
        key: key(id),
        wants: String::new(),
    };
    let flushed = Flushed {
        displaced: displaced.iter().map(key).collect(),
        parked: done.parked.iter().map(parked).collect(),
    };
    world.changes.batch_flushed(id, flushed);
}

fn lose(world: &mut World, id: BatchId, applied: bool) {
    let lost = flush(world, id).clone();
    if applied {
        world.server.commit(&lost.txn);
    }
    let suspects = touched(world, &lost);
    begin_anew(world, id);
    if world.limits.lost_is_dirty {
        flush(world, id).suspects.extend(suspects);
    }
}

/// The swap is given up while this batch commits: it goes back, and is flushed again after the swap's session is gone.
pub(super) fn abandon(world: &mut World, applied: bool) {
    let Some(lost) = world.flushes.pop() else {
        return;
    };
    let suspects = touched(world, &lost);
    if applied {
        world.server.commit(&lost.txn);
    }
    let keys = suspects
        .iter()
        .chain(&lost.suspects)
        .map(|id| world.order.key(*id, 0))
        .collect();
    if world.limits.lost_is_dirty {
        world.changes.batch_lost(lost.batch.id, keys);
    } else {
        world.changes.batch_failed(lost.batch.id);
    }
}

/// It is sent, and its COMMIT can be.
pub(super) fn is_ready(flush: &Running) -> bool {
    matches!(flush.stage, Stage::Ready { .. })
}
