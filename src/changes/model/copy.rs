//! The copy, as its workers drive it: range, claims, chunk statements, hand-over, and copying again after a lost answer.

use super::{
    World,
    server::{Id, Meets, Txn},
};
use crate::{changes::ChunkId, key::Key};

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Copying {
    range: Range,
    pub(super) chunks: Vec<Running>,
}

/// The range's ends are two reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Range {
    #[default]
    Unknown,
    First(Option<Id>),
    Known {
        first: Id,
        claimed: Option<Id>,
        last: Id,
    },
    AllClaimed,
}

impl Copying {
    pub(super) fn range_is_known(&self) -> bool {
        matches!(self.range, Range::Known { .. } | Range::AllClaimed)
    }
}

/// A claimed chunk.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Running {
    id: ChunkId,
    first: Id,
    last: Id,
    pub(super) txn: Txn,
    stage: Stage,
}

impl Running {
    fn holds(&self, id: Id) -> bool {
        (self.first..=self.last).contains(&id)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Stage {
    Claimed,
    /// The answer to its COMMIT was lost; the session is dead.
    Lost,
    /// Copied again: its range is deleted, in the transaction that copies it.
    Cleared,
    /// The statement has its snapshot.
    Read,
    /// Error 1062, rolled back, and these keys were read since.
    Refused(Vec<Key>),
    /// Committed, and the answer is under way.
    Applied,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::changes) enum Step {
    ReadFirst,
    ReadLast,
    /// The end of the next chunk is looked for, and the chunk claimed.
    Claim,
    /// The statement begins, and takes its snapshot.
    Read(ChunkId),
    /// The statement's effect.
    Commit(ChunkId),
    /// Error 1062: rolled back, and the chunk's keys are read again.
    Refuse(ChunkId),
    /// The worker tells the state machine.
    Return(ChunkId),
    /// The answer to the COMMIT is lost; it took place, or not.
    Lose(ChunkId, bool),
    /// Copying a lost chunk again begins with deleting its range.
    Clear(ChunkId),
}

impl Step {
    pub(super) fn chunk(&self) -> Option<ChunkId> {
        match *self {
            Self::ReadFirst | Self::ReadLast | Self::Claim => None,
            Self::Read(id) | Self::Commit(id) | Self::Refuse(id) | Self::Return(id) | Self::Clear(id) => {
                Some(id)
            }
            Self::Lose(id, _) => Some(id),
        }
    }
}

pub(super) fn steps(world: &World, out: &mut Vec<Step>) {
    let copying = &world.copying;
    match copying.range {
        Range::Unknown if world.stream.marked => out.push(Step::ReadFirst),
        Range::First(_) => out.push(Step::ReadLast),
        Range::Known { .. } if copying.chunks.len() < world.limits.open_claims => out.push(Step::Claim),
        _ => {}
    }
    for chunk in &copying.chunks {
        chunk_steps(world, chunk, out);
    }
}

fn chunk_steps(world: &World, chunk: &Running, out: &mut Vec<Step>) {
    let id = chunk.id;
    match chunk.stage {
        Stage::Claimed if world.changes.may_read(id) => out.push(Step::Read(id)),
        Stage::Claimed => {}
        Stage::Cleared => out.push(Step::Read(id)),
        Stage::Lost => {
            let locked = |txn: &Txn| txn.deletes.iter().any(|id| chunk.holds(*id));
            if !world.other_txns(&chunk.txn).any(locked) {
                out.push(Step::Clear(id));
            }
        }
        Stage::Read => {
            let meets = world.server.meets(&chunk.txn, world.other_txns(&chunk.txn));
            match meets {
                Meets::Nothing => out.push(Step::Commit(id)),
                Meets::Lock => {}
                Meets::Duplicate => out.push(Step::Refuse(id)),
            }
            if world.left.lost_chunks > 0 {
                out.push(Step::Lose(id, false));
                if meets == Meets::Nothing {
                    out.push(Step::Lose(id, true));
                }
            }
        }
        Stage::Refused(_) | Stage::Applied => out.push(Step::Return(id)),
    }
}

pub(super) fn take(world: &mut World, step: Step) {
    match step {
        Step::ReadFirst => world.copying.range = Range::First(world.server.visible.keys().next().copied()),
        Step::ReadLast => read_last(world),
        Step::Claim => claim(world),
        Step::Read(id) => read(world, id),
        Step::Commit(id) => {
            commit(world, id);
            chunk(world, id).stage = Stage::Applied;
            if !world.limits.late_answers {
                give_back(world, id);
            }
        }
        Step::Refuse(id) => refuse(world, id),
        Step::Return(id) => give_back(world, id),
        Step::Lose(id, applied) => {
            world.left.lost_chunks -= 1;
            if applied {
                commit(world, id);
            }
            let chunk = chunk(world, id);
            chunk.txn = Txn::default();
            chunk.stage = Stage::Lost;
        }
        Step::Clear(id) => {
            let ghost = world.server.ghost.clone();
            let chunk = chunk(world, id);
            chunk.txn.deletes = ghost.into_keys().filter(|id| chunk.holds(*id)).collect();
            chunk.stage = Stage::Cleared;
        }
    }
}

fn chunk(world: &mut World, id: ChunkId) -> &mut Running {
    let mut chunks = world.copying.chunks.iter_mut();
    chunks.find(|chunk| chunk.id == id).expect("the chunk is open")
}

fn read_last(world: &mut World) {
    let last = world.server.visible.keys().next_back().copied();
    let Range::First(first) = world.copying.range else {
        return;
    };
    let ends = first.zip(last);
    world.copying.range = ends.map_or(Range::AllClaimed, |(first, last)| Range::Known {
        first,
        claimed: None,
        last,
    });
    let key = |id| world.order.key(id, 0);
    let range = ends.map(|(first, last)| (key(first), key(last)));
    world.changes.range_known(range);
}

/// The last row of the next chunk, or the range's end where there are fewer rows.
fn claim(world: &mut World) {
    let Range::Known {
        first,
        claimed,
        last: end,
    } = world.copying.range
    else {
        return;
    };
    let ahead = world
        .server
        .visible
        .keys()
        .filter(|id| claimed.is_none_or(|to| **id > to) && **id <= end);
    let found = ahead.copied().nth(world.limits.chunk_rows - 1);
    let last = found.unwrap_or(end);
    world.copying.range = match found {
        Some(_) => Range::Known {
            first,
            claimed: found,
            last: end,
        },
        None => Range::AllClaimed,
    };
    let chunk = world.changes.claim(world.order.key(last, 0), found.is_none());
    world.copying.chunks.push(Running {
        id: chunk.id,
        first: claimed.map_or(first, |to| to + 1),
        last,
        txn: Txn::default(),
        stage: Stage::Claimed,
    });
}

/// Where keys cannot be ordered, rows that a flush has put in place are passed over.
fn read(world: &mut World, id: ChunkId) {
    let (rows, ghost) = (world.server.visible.clone(), world.server.ghost.clone());
    let passes_over = world.order.passes_over();
    let chunk = chunk(world, id);
    let kept = |id: &Id| passes_over && ghost.contains_key(id) && !chunk.txn.deletes.contains(id);
    chunk.txn.puts = rows
        .into_iter()
        .filter(|(id, _)| chunk.holds(*id) && !kept(id))
        .collect();
    chunk.stage = Stage::Read;
}

fn commit(world: &mut World, id: ChunkId) {
    let txn = std::mem::take(&mut chunk(world, id).txn);
    world.server.commit(&txn);
}

fn refuse(world: &mut World, id: ChunkId) {
    let (rows, order) = (world.server.visible.clone(), world.order);
    let chunk = chunk(world, id);
    let rows = rows.iter().filter(|(id, _)| chunk.holds(**id));
    let keys = rows.map(|(id, row)| order.key(*id, row.spelling)).collect();
    chunk.txn = Txn::default();
    chunk.stage = Stage::Refused(keys);
}

fn give_back(world: &mut World, id: ChunkId) {
    let stage = chunk(world, id).stage.clone();
    world.copying.chunks.retain(|chunk| chunk.id != id);
    match stage {
        Stage::Refused(keys) => world.changes.chunk_handed_over(id, keys),
        _ => world.changes.chunk_committed(id),
    }
}
