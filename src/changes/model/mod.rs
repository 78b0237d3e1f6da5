//! An exhaustive check of [`Changes`]: the very type that runs in production, driven as the run drives it, against an
//! abstract MySQL, in every interleaving of small configurations.
//!
//! What is explored and what is not is told in `docs/model.md`.

mod checks;
mod copy;
mod flush;
mod server;
mod stream;
mod swap;

use stateright::{Model, Property};
use swap::Phase;

pub(super) use self::server::{Id, Op};
use self::server::{Row, Rows, Server, Txn};
use super::{BatchId, Changes, ChunkId, Mark, Rules};
use crate::key::Key;

/// How the client can order the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Order {
    /// As the server does.
    Exact,
    /// Two neighbours each look alike, as a composite key whose last column is text.
    Prefix,
    /// Not at all.
    Unknown,
}

impl Order {
    fn key(self, id: Id, spelling: u8) -> Key {
        // Bytes of text that say nothing of its order.
        let text = 200 - 2 * id + spelling;
        match self {
            Self::Exact => Key::from_encoded([id], 1),
            Self::Prefix => Key::from_encoded([id / 2, text], 1),
            Self::Unknown => Key::from_encoded([text], 0),
        }
    }

    fn id(self, key: &Key) -> Id {
        let last = key.bytes().last().copied().unwrap_or_default();
        match self {
            Self::Exact => last,
            Self::Prefix | Self::Unknown => (201 - last) / 2,
        }
    }

    fn passes_over(self) -> bool {
        self != Self::Exact
    }
}

/// How the run is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Limits {
    pub(super) chunk_rows: usize,
    pub(super) open_claims: usize,
    pub(super) batch_keys: usize,
    pub(super) lanes: usize,
    /// The run learns of a commit some time after it, not at once.
    pub(super) late_answers: bool,
    /// How often a flush looks for rows in the way; `None`: the ghost's only unique key is the iteration key.
    pub(super) closure_rounds: Option<u8>,
    /// Rows outside the batch that a flush has written again are dirty, as displaced ones are.
    pub(super) touched_is_dirty: bool,
    /// So are those of an attempt that ended nobody knows how.
    pub(super) lost_is_dirty: bool,
    /// Parked keys are tried again while flushes are still under way.
    pub(super) parked_tried_before_settling: bool,
}

impl Limits {
    fn unique_keys(&self) -> bool {
        self.closure_rounds.is_some()
    }
}

/// How often a thing may still happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Left {
    pub(super) txns: u8,
    pub(super) spare_marks: u8,
    pub(super) lost_marks: u8,
    pub(super) reconnects: u8,
    pub(super) lost_chunks: u8,
    pub(super) lost_flushes: u8,
    pub(super) lost_swaps: u8,
    pub(super) parked_retries: u8,
}

/// How far the run has come, with no writer about, where the exploration begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Since {
    /// The stream has just begun; also with a transaction before its first event that is not visible yet.
    Stream,
    /// The range has been read.
    Range,
    /// All rows have been copied.
    Copied,
}

/// A configuration to explore.
#[derive(Clone, Debug)]
pub(super) struct Scenario {
    pub(super) order: Order,
    pub(super) rules: Rules,
    pub(super) limits: Limits,
    pub(super) left: Left,
    /// The source at the start: each row's id and unique value.
    pub(super) rows: Vec<(Id, Option<u8>)>,
    /// The source has the ghost's second unique key; otherwise the ALTER makes it.
    pub(super) source_unique: bool,
    pub(super) since: Since,
    /// What writers may do.
    pub(super) menu: Vec<Op>,
}

/// One state: the server, the state machine, and the run that drives it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct World {
    order: Order,
    limits: Limits,
    left: Left,
    changes: Changes,
    server: Server,
    stream: stream::Stream,
    copying: copy::Copying,
    flushes: Vec<flush::Running>,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Write(Op),
    /// The next transaction in the log becomes visible.
    Reveal,
    Stream(stream::Step),
    Copy(copy::Step),
    Flush(flush::Step),
    Swap(swap::Step),
}

/// Who takes a step: actors that may be stalled, each for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Actor {
    Writer,
    Engine,
    Stream,
    Marks,
    /// The run itself: range, claims, batches.
    Run,
    Chunk(ChunkId),
    Flush(BatchId),
    Swap,
}

impl Action {
    pub(super) fn actor(&self) -> Actor {
        match self {
            Self::Write(_) => Actor::Writer,
            Self::Reveal => Actor::Engine,
            Self::Stream(stream::Step::Deliver | stream::Step::Reconnect(_)) => Actor::Stream,
            Self::Stream(_) => Actor::Marks,
            Self::Copy(step) => step.chunk().map_or(Actor::Run, Actor::Chunk),
            Self::Flush(step) => step.batch().map_or(Actor::Run, Actor::Flush),
            Self::Swap(_) => Actor::Swap,
        }
    }
}

impl World {
    fn is_locked(&self) -> bool {
        matches!(self.phase, Phase::Locked { .. })
    }

    /// One at a time under the lock, and none just before it.
    fn flushes_may_begin(&self) -> bool {
        match self.phase {
            Phase::Copying => true,
            Phase::Locked { mark } => {
                self.flushes.is_empty() && mark.is_some_and(|mark| self.changes.is_fenced(mark))
            }
            _ => false,
        }
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Swapped | Phase::Refused)
    }

    fn swap_wants_mark(&self) -> bool {
        self.phase == Phase::Locked { mark: None }
    }

    fn swap_mark_begun(&mut self, begun: Mark) {
        if let Phase::Locked { mark } = &mut self.phase {
            mark.get_or_insert(begun);
        }
    }

    /// The transactions under way on the ghost, except this one.
    fn other_txns<'a>(&'a self, txn: &'a Txn) -> impl Iterator<Item = &'a Txn> + Clone {
        let chunks = self.copying.chunks.iter().map(|chunk| &chunk.txn);
        let flushes = self.flushes.iter().map(|flush| &flush.txn);
        chunks
            .chain(flushes)
            .filter(move |other| !std::ptr::eq(*other, txn))
    }

    /// Forgets what nobody will read again of the log, so that states that differ in nothing else are one.
    fn forget(&mut self) {
        if self.left.reconnects > 0 {
            return;
        }
        let done = self.stream.delivered_to.min(self.server.visible_to);
        self.server.log.drain(..done);
        self.stream.delivered_to -= done;
        self.server.visible_to -= done;
    }
}

impl Scenario {
    fn start(&self) -> World {
        let row = |unique| Row {
            spelling: 0,
            value: 0,
            unique,
        };
        let rows: Rows = self.rows.iter().map(|(id, unique)| (*id, row(*unique))).collect();
        World {
            order: self.order,
            limits: self.limits,
            left: self.left,
            changes: Changes::with_rules(self.order == Order::Exact, self.rules),
            server: Server::new(rows),
            stream: stream::Stream::default(),
            copying: copy::Copying::default(),
            flushes: Vec::new(),
            phase: Phase::default(),
        }
    }

    /// The start, and the run's own steps from there to where the exploration begins.
    pub(super) fn begin(&self) -> World {
        let mut world = self.start();
        while !self.has_come_to(&world) {
            let mut steps = Vec::new();
            self.steps(&world, &mut steps);
            let own = steps.into_iter().find(|step| !matches!(step, Action::Write(_)));
            self.take(&mut world, own.expect("the run gets on"));
        }
        world
    }

    fn has_come_to(&self, world: &World) -> bool {
        let at_rest = world.stream.mark.is_none() && world.server.log.is_empty();
        at_rest
            && match self.since {
                Since::Stream => true,
                Since::Range => world.copying.range_is_known(),
                Since::Copied => world.changes.rows_copied().is_some(),
            }
    }

    /// Transactions that stood in the log before the stream began, and are not visible yet.
    fn late_starts(&self) -> impl Iterator<Item = World> {
        let begins = self.since == Since::Stream && self.left.txns > 0;
        let menu = if begins { &self.menu[..] } else { &[] };
        menu.iter().filter_map(|op| {
            let mut world = self.start();
            self.write(&mut world, *op).then(|| {
                world.stream.delivered_to = world.server.log.len();
                world
            })
        })
    }

    fn write(&self, world: &mut World, op: Op) -> bool {
        let value = world.left.txns;
        world.left.txns = value.saturating_sub(1);
        world.server.write(op, value, self.source_unique)
    }

    fn writes(&self, world: &World, op: Op) -> bool {
        world
            .server
            .clone()
            .write(op, world.left.txns, self.source_unique)
    }

    /// What may happen next. Once the source is locked and all of it is visible, every read shows the same rows, and one
    /// order of the steps stands for all.
    pub(super) fn steps(&self, world: &World, out: &mut Vec<Action>) {
        if world.is_over() {
            return;
        }
        if world.left.txns > 0 && !world.is_locked() {
            let writes = self.menu.iter().filter(|op| self.writes(world, **op));
            out.extend(writes.map(|op| Action::Write(*op)));
        }
        if !world.server.invisible().is_empty() {
            out.push(Action::Reveal);
        }
        gather(world, out, stream::steps, Action::Stream);
        gather(world, out, copy::steps, Action::Copy);
        gather(world, out, flush::steps, Action::Flush);
        gather(world, out, swap::steps, Action::Swap);
        if world.is_locked() {
            let first = out
                .iter()
                .copied()
                .find(|step| !matches!(step, Action::Swap(swap::Step::GiveUp(_))));
            out.retain(|step| Some(*step) == first || matches!(step, Action::Swap(swap::Step::GiveUp(_))));
        }
    }

    pub(super) fn take(&self, world: &mut World, action: Action) {
        match action {
            Action::Write(op) => drop(self.write(world, op)),
            Action::Reveal => world.server.reveal(),
            Action::Stream(step) => stream::take(world, step),
            Action::Copy(step) => copy::take(world, step),
            Action::Flush(step) => flush::take(world, step),
            Action::Swap(step) => swap::take(world, step),
        }
        world.forget();
    }

    fn is_stuck(&self, world: &World) -> bool {
        let mut steps = Vec::new();
        self.steps(world, &mut steps);
        steps.is_empty() && !world.is_over()
    }
}

fn gather<S>(world: &World, out: &mut Vec<Action>, steps: fn(&World, &mut Vec<S>), wrap: fn(S) -> Action) {
    let mut some = Vec::new();
    steps(world, &mut some);
    out.extend(some.into_iter().map(wrap));
}

impl World {
    /// The promise: a swap leaves exactly the rows of the source.
    pub(super) fn keeps_its_promise(&self) -> bool {
        self.phase != Phase::Swapped || self.server.ghost == self.server.latest
    }

    /// The run refuses only where the ghost's unique key cannot hold.
    pub(super) fn refuses_for_cause(&self) -> bool {
        self.phase != Phase::Refused || server::has_duplicates(&self.server.latest)
    }

    /// Nothing is kept at the end, to the byte.
    pub(super) fn keeps_nothing(&self) -> bool {
        self.phase != Phase::Swapped || self.changes.load() == super::Load::default()
    }
}

impl Model for Scenario {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        std::iter::once(self.begin()).chain(self.late_starts()).collect()
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        self.steps(world, actions);
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let mut next = world.clone();
        self.take(&mut next, action);
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("at the swap, ghost equals source", |_, world: &World| {
                world.keeps_its_promise()
            }),
            Property::always("refuses only for duplicates", |_, world: &World| {
                world.refuses_for_cause()
            }),
            Property::always("nothing is kept at the end", |_, world: &World| {
                world.keeps_nothing()
            }),
            Property::always("never stuck", |scenario: &Self, world| !scenario.is_stuck(world)),
            Property::sometimes("swaps", |_, world: &World| world.phase == Phase::Swapped),
        ]
    }
}
