//! What a run does next. Pure: it is told what happened ([`Event`]) and says what to start ([`Action`]).
//!
//! Priorities, first to last, and why:
//!
//! 1. **Marks.** Everything else waits for one: a claim before it is read, a changed key before it is flushed.
//! 2. **Flushes.** Changes go before rows; a backlog that grows is a swap that never comes.
//! 3. **Chunks** that are claimed and fenced.
//! 4. **Boundaries** of the next chunks, a few ahead of the workers, so that no worker waits for a mark.
//! 5. **Looks** of the verification, once all rows are copied.
//!
//! Sessions, SQL and retries are the jobs' business; when to swap is decided in `run`, from [`Conductor::readiness`].

mod looks;

use std::time::Duration;

use crate::{
    capture::Captured,
    changes::{Batch, BatchId, Changes, Chunk, ChunkId, Flushed, Mark},
    key::Key,
    knobs::Knobs,
    pace::{ChunkSizer, Nice, Others, Workers},
    verify::{
        Difference, Ledger, Part, PartSeen,
        ledger::{LookId, Task},
    },
};

/// Chunks found and claimed ahead of each worker.
const CHUNKS_AHEAD: usize = 2;
/// Keys in one flush take at most so many bytes of statement text.
const BATCH_BYTES_MAX: usize = 256 << 10;
/// Fewer ripe keys than this wait a moment for company, unless the run is about to swap.
const BATCH_KEYS_WORTH_IT: usize = 100;

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// The first and last key; `None` for an empty table.
    RangeRead(Option<(Key, Key)>),
    /// The last key of the next chunk, and whether it is the last chunk.
    BoundaryFound {
        /// Last key of the chunk.
        upper: Key,
        /// It reaches the end of the range.
        last: bool,
    },
    /// A chunk's transaction has committed.
    ChunkCopied {
        /// Which.
        chunk: ChunkId,
        /// Rows in it.
        rows: u64,
        /// Time its statement took.
        took: Duration,
    },
    /// A unique value stood in the chunk's way; these are its keys.
    ChunkHandedOver {
        /// Which.
        chunk: ChunkId,
        /// Keys of the rows in its range, read after the failure.
        keys: Vec<Key>,
    },
    /// A flush has committed.
    BatchFlushed {
        /// Which.
        batch: BatchId,
        /// What it did besides.
        flushed: Flushed,
    },
    /// A mark's commit returned.
    MarkReturned {
        /// Which.
        mark: Mark,
        /// Time its statement took.
        took: Duration,
    },
    /// The end of the verification's next part; `None`: the table's end.
    PartFound(Option<Key>),
    /// A part was compared.
    PartSeen {
        /// Which look.
        look: LookId,
        /// What it found.
        seen: PartSeen,
    },
    /// Rows were compared by key.
    KeysSeen {
        /// Which look.
        look: LookId,
        /// What differs.
        differences: Vec<Difference>,
    },
    /// A mark's session was lost: it may stand in the log or not, and does not count.
    MarkLost,
}

/// What to start.
#[derive(Debug, PartialEq, Eq)]
pub enum Action {
    /// Write this mark.
    WriteMark(Mark),
    /// Read the first and the last key.
    ReadRange,
    /// Find the end of the next chunk of so many rows behind a key (`None`: from the start of the range).
    FindBoundary {
        /// Where the previous chunk ended.
        after: Option<Key>,
        /// The last key of the range.
        max: Key,
        /// Rows.
        rows: u64,
    },
    /// Copy this chunk.
    Copy(Chunk),
    /// Bring these keys up to date.
    Flush(Batch),
    /// Compare.
    Look(Task),
}

/// How far the run is, for the decision to swap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// Rows are still being copied.
    Copying,
    /// All rows are copied; more changes wait than the swap may take along.
    CatchingUp,
    /// All rows are copied, and not all are compared, or more changed ones than the swap may take along.
    Verifying,
    /// All rows are copied, and the rest fits into the swap.
    Ready,
}

/// Limits of a run.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Flushes at the same time.
    pub flush_lanes: usize,
    /// Keys in one flush.
    pub batch_keys: usize,
    /// Time between marks that nobody waits for.
    pub heartbeat: Duration,
    /// Dirty keys beyond which the copy rests and the stream waits.
    pub dirty_keys_max: usize,
    /// The same in bytes.
    pub dirty_bytes_max: usize,
}

/// The state of a run between events.
pub struct Conductor {
    changes: Changes,
    limits: Limits,
    sizer: ChunkSizer,
    workers: Workers,
    others: Others,
    nice: Nice,
    /// Workers that pause after a chunk.
    resting: u32,
    busy: bool,
    phase: Phase,
    /// Claimed and not yet given to a worker, in key order.
    queue: Vec<Chunk>,
    copying: u32,
    flushing: usize,
    mark_in_flight: bool,
    /// Time of the last mark, on the run's clock.
    marked_at: Option<Duration>,
    /// Only marks are started: the swap works alone.
    hold: bool,
    /// Only marks are started: the run is held back.
    throttled: bool,
    /// Somebody waits for this mark to be begun.
    demanded: Mark,
    totals: Totals,
    ledger: Ledger,
    /// Parts of the table for the verification, where they are not ranges.
    whole: Vec<Part>,
}

/// Where the copy stands.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Phase {
    /// No mark has returned yet, so what we read could miss rows that are already in the log.
    BeforeFirstMark,
    /// The range's ends are being read.
    ReadingRange,
    /// The next chunk starts behind `after`; `finding`: its end is being looked for.
    Claiming {
        after: Option<Key>,
        max: Key,
        finding: bool,
    },
    /// Every chunk is claimed.
    AllClaimed,
}

/// Counted since the start.
#[derive(Clone, Copy, Debug, Default)]
pub struct Totals {
    /// Rows copied.
    pub rows: u64,
    /// Chunks copied.
    pub chunks: u64,
    /// Keys flushed.
    pub keys: u64,
}

impl Conductor {
    /// A run that has not begun.
    pub fn new(
        exact_identity: bool,
        limits: Limits,
        sizer: ChunkSizer,
        workers: Workers,
        ledger: Ledger,
        whole: Vec<Part>,
    ) -> Self {
        Self {
            changes: Changes::new(exact_identity),
            limits,
            sizer,
            workers,
            others: Others::default(),
            nice: Nice::default(),
            resting: 0,
            busy: false,
            phase: Phase::BeforeFirstMark,
            queue: Vec::new(),
            copying: 0,
            flushing: 0,
            mark_in_flight: false,
            marked_at: None,
            hold: false,
            throttled: false,
            demanded: Mark::default(),
            totals: Totals::default(),
            ledger,
            whole,
        }
    }

    /// Takes note of what happened.
    pub fn on(&mut self, event: Event) {
        if !matches!(
            event,
            Event::RangeRead(_) | Event::BoundaryFound { .. } | Event::MarkLost
        ) {
            self.others.ours();
        }
        match event {
            Event::RangeRead(range) => self.range_read(range),
            Event::BoundaryFound { upper, last } => self.claim(upper, last),
            Event::ChunkCopied { chunk, rows, took } => self.chunk_copied(chunk, rows, took),
            Event::ChunkHandedOver { chunk, keys } => {
                self.copying -= 1;
                self.totals.chunks += 1;
                self.sizer.collided();
                self.changes.chunk_handed_over(chunk, keys);
            }
            Event::BatchFlushed { batch, flushed } => {
                self.flushing -= 1;
                self.landed(batch, flushed);
            }
            Event::MarkReturned { mark, took } => self.mark_returned(mark, took),
            Event::MarkLost => self.mark_in_flight = false,
            Event::PartFound(_) | Event::PartSeen { .. } | Event::KeysSeen { .. } => self.seen(event),
        }
    }

    /// Takes note of something out of the binlog that concerns keys and marks; the rest is the run's.
    pub fn captured(&mut self, captured: Captured) {
        match captured {
            Captured::Changed { key, change } => {
                self.ledger.stirred(&key);
                self.changes.delivered(key, change);
            }
            Captured::Mark(mark) => self.changes.mark_seen(mark),
            Captured::At(_) => self.others.logged(),
            Captured::Gap(_) | Captured::Reconnecting(_) | Captured::Ended { .. } => {}
        }
    }

    /// The next thing to start, if anything may start now. `now` is the run's clock.
    pub fn next_action(&mut self, now: Duration) -> Option<Action> {
        self.look_around(now);
        let mark = self.mark(now);
        if self.hold || self.throttled {
            return mark;
        }
        mark.or_else(|| self.flush())
            .or_else(|| self.copy())
            .or_else(|| self.look_ahead())
            .or_else(|| self.look())
    }

    /// Starts nothing but marks, until told otherwise: the swap works alone.
    pub fn hold_jobs(&mut self, hold: bool) {
        self.hold = hold;
    }

    /// Holds everything back but marks, or no more. What is under way ends as always.
    pub fn throttle(&mut self, throttled: bool) {
        self.throttled = throttled;
    }

    /// A mark is wanted as soon as it can be written; this is the one.
    pub fn demand_mark(&mut self) -> Mark {
        self.demanded = self.changes.next_mark();
        self.demanded
    }

    /// The next mark, if one is due.
    pub fn next_mark(&mut self, now: Duration) -> Option<Action> {
        self.mark(now)
    }

    /// Keys for a flush under the swap's lock.
    pub fn next_swap_batch(&mut self) -> Option<Batch> {
        self.changes.next_batch(self.limits.batch_keys, BATCH_BYTES_MAX)
    }

    /// The stream must wait, because no more keys may be kept and some can be flushed. (If none can, the mark that
    /// makes them ripe is still to come, in the stream.)
    pub fn stream_must_wait(&self) -> bool {
        self.is_full() && (self.changes.has_ripe() || self.flushing > 0)
    }

    /// Which limit binds.
    pub fn binding_limit(&self) -> Option<&'static str> {
        let load = self.changes.load();
        if load.dirty() >= self.limits.dirty_keys_max {
            Some("dirty-keys-max")
        } else if load.bytes >= self.limits.dirty_bytes_max {
            Some("dirty-megabytes-max")
        } else {
            None
        }
    }

    /// Which limit binds, or that all workers pause, for the status line.
    pub fn held_back_by(&self) -> Option<&'static str> {
        let pauses = self.resting > 0 && self.copying == 0;
        self.binding_limit().or(pauses.then_some("nice-ratio"))
    }

    /// The state machine, for the swap and the status line.
    pub fn changes(&mut self) -> &mut Changes {
        &mut self.changes
    }

    /// What has been done so far.
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// Sessions that copy now.
    pub fn workers(&self) -> u32 {
        self.copying
    }

    /// An operator's wishes hold from the next chunk and the next batch on.
    pub fn turn(&mut self, knobs: &Knobs) {
        self.sizer.fix(knobs.chunk_rows);
        self.limits.batch_keys = knobs.flush_batch_keys as usize;
        self.nice.set(knobs.nice_ratio);
    }

    /// Rows of the next chunk.
    pub fn chunk_rows(&self) -> u64 {
        self.sizer.rows()
    }

    fn look_around(&mut self, now: Duration) {
        self.resting = self.nice.resting(now);
        let busy = self.others.busy(now);
        if busy != self.busy {
            self.busy = busy;
            self.sizer.others(busy);
        }
    }

    fn is_full(&self) -> bool {
        self.binding_limit().is_some()
    }

    fn range_read(&mut self, range: Option<(Key, Key)>) {
        self.phase = match &range {
            Some((_, max)) => Phase::Claiming {
                after: None,
                max: max.clone(),
                finding: false,
            },
            None => Phase::AllClaimed,
        };
        self.changes.range_known(range);
    }

    fn claim(&mut self, upper: Key, last: bool) {
        let chunk = self.changes.claim(upper.clone(), last);
        self.queue.push(chunk);
        match &mut self.phase {
            Phase::Claiming { after, finding, .. } if !last => {
                *after = Some(upper);
                *finding = false;
            }
            phase => *phase = Phase::AllClaimed,
        }
    }

    fn chunk_copied(&mut self, chunk: ChunkId, rows: u64, took: Duration) {
        self.copying -= 1;
        self.totals.rows += rows;
        self.totals.chunks += 1;
        self.sizer.copied(rows, took);
        self.workers.copied(rows, took);
        self.nice.copied(took);
        self.changes.chunk_committed(chunk);
    }

    fn mark_returned(&mut self, mark: Mark, took: Duration) {
        self.mark_in_flight = false;
        if self.workers.committed(took, self.copying > 0, self.busy) {
            self.sizer.shed();
        }
        self.changes.mark_returned(mark);
    }

    fn mark(&mut self, now: Duration) -> Option<Action> {
        let due = self.marked_at.is_none_or(|at| now >= at + self.limits.heartbeat);
        if self.mark_in_flight
            || !(due
                || self.changes.next_mark() == self.demanded
                || self.claims_wait_for_mark()
                || self.looks_wait_for_mark())
        {
            return None;
        }
        self.mark_in_flight = true;
        self.marked_at = Some(now);
        Some(Action::WriteMark(self.changes.mark_begun()))
    }

    /// Changed keys wait for the heartbeat; a claim that a worker could copy now does not.
    fn claims_wait_for_mark(&self) -> bool {
        let first = self.queue.first();
        self.changes.wants_mark() && first.is_some_and(|chunk| !self.changes.may_read(chunk.id))
    }

    fn flush(&mut self) -> Option<Action> {
        let ripe = self.changes.load().ripe;
        let worth_it = self.flushing == 0 || ripe >= BATCH_KEYS_WORTH_IT;
        if self.flushing >= self.limits.flush_lanes || !worth_it {
            return None;
        }
        let batch = self.changes.next_batch(self.limits.batch_keys, BATCH_BYTES_MAX)?;
        self.flushing += 1;
        self.totals.keys += batch.keys.len() as u64;
        Some(Action::Flush(batch))
    }

    fn copy(&mut self) -> Option<Action> {
        let waiting = self.changes.load().ripe / self.limits.batch_keys.max(1);
        if self.is_full() || self.copying + self.resting >= self.workers.allowed(waiting, self.busy) {
            return None;
        }
        let first = self.queue.first()?;
        if !self.changes.may_read(first.id) {
            return None;
        }
        self.copying += 1;
        Some(Action::Copy(self.queue.remove(0)))
    }

    fn look_ahead(&mut self) -> Option<Action> {
        match &mut self.phase {
            Phase::BeforeFirstMark if self.changes.a_mark_returned() => {
                self.phase = Phase::ReadingRange;
                Some(Action::ReadRange)
            }
            Phase::Claiming { after, max, finding }
                if !*finding && self.queue.len() < CHUNKS_AHEAD * (self.copying.max(1) as usize) =>
            {
                *finding = true;
                Some(Action::FindBoundary {
                    after: after.clone(),
                    max: max.clone(),
                    rows: self.sizer.rows(),
                })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::changes::Change;
    use crate::config::Verify;

    const BEAT: Duration = Duration::from_millis(100);

    fn key(n: u64) -> Key {
        Key::from_encoded(n.to_be_bytes(), 8)
    }

    fn conductor(dirty_keys_max: usize) -> Conductor {
        let limits = Limits {
            flush_lanes: 2,
            batch_keys: 1_000,
            heartbeat: BEAT,
            dirty_keys_max,
            dirty_bytes_max: 1 << 20,
        };
        let sizer = ChunkSizer::new(Duration::from_millis(500), Some(100), Some(10));
        let ledger = Ledger::new(Verify::Off, true, sizer.clone(), 10, 10_000);
        Conductor::new(true, limits, sizer, Workers::new(Some(1)), ledger, Vec::new())
    }

    fn write_mark(conductor: &mut Conductor, now: Duration) -> Mark {
        match conductor.next_action(now) {
            Some(Action::WriteMark(mark)) => mark,
            other => panic!("a mark was expected, not {other:?}"),
        }
    }

    fn returned(conductor: &mut Conductor, mark: Mark) {
        conductor.captured(Captured::Mark(mark));
        conductor.on(Event::MarkReturned {
            mark,
            took: Duration::from_millis(1),
        });
    }

    /// Keys 1..=100, the first chunk (up to 10) claimed, and no mark after the claim.
    fn claimed(dirty_keys_max: usize) -> Conductor {
        let mut conductor = conductor(dirty_keys_max);
        let mark = write_mark(&mut conductor, Duration::ZERO);
        returned(&mut conductor, mark);
        assert_eq!(conductor.next_action(Duration::ZERO), Some(Action::ReadRange));
        conductor.on(Event::RangeRead(Some((key(1), key(100)))));
        let find = Action::FindBoundary {
            after: None,
            max: key(100),
            rows: 10,
        };
        assert_eq!(conductor.next_action(Duration::ZERO), Some(find));
        conductor.on(Event::BoundaryFound {
            upper: key(10),
            last: false,
        });
        conductor
    }

    #[test]
    fn a_claimed_chunk_waits_for_a_mark_of_its_own_and_gets_one_at_once() {
        let mut conductor = claimed(1_000);
        let mark = write_mark(&mut conductor, Duration::ZERO);
        assert!(matches!(
            conductor.next_action(Duration::ZERO),
            Some(Action::FindBoundary { .. })
        ));
        assert_eq!(
            conductor.next_action(Duration::ZERO),
            None,
            "not copied before the mark has returned"
        );
        returned(&mut conductor, mark);
        assert!(
            matches!(conductor.next_action(Duration::ZERO), Some(Action::Copy(chunk)) if chunk.upper == key(10))
        );
    }

    #[test]
    fn changes_go_before_rows() {
        let mut conductor = claimed(1_000);
        conductor.captured(Captured::Changed {
            key: key(500),
            change: Change::Written,
        });
        let mark = write_mark(&mut conductor, Duration::ZERO);
        returned(&mut conductor, mark);
        assert!(matches!(
            conductor.next_action(Duration::ZERO),
            Some(Action::Flush(_))
        ));
        assert!(matches!(
            conductor.next_action(Duration::ZERO),
            Some(Action::Copy(_))
        ));
    }

    #[test]
    fn a_lost_mark_is_followed_by_another() {
        let mut conductor = claimed(1_000);
        let lost = write_mark(&mut conductor, Duration::ZERO);
        conductor.on(Event::MarkLost);
        let next = write_mark(&mut conductor, BEAT);
        assert!(next > lost);
    }

    #[test]
    fn too_many_keys_stop_the_copy_and_the_stream_only_while_some_can_be_flushed() {
        let mut conductor = claimed(2);
        for n in 500..510 {
            conductor.captured(Captured::Changed {
                key: key(n),
                change: Change::Written,
            });
        }
        assert_eq!(conductor.binding_limit(), Some("dirty-keys-max"));
        assert!(
            !conductor.stream_must_wait(),
            "the mark that makes them ripe is still to come by"
        );
        let mark = write_mark(&mut conductor, Duration::ZERO);
        returned(&mut conductor, mark);
        assert!(conductor.stream_must_wait());
        let Some(Action::Flush(batch)) = conductor.next_action(Duration::ZERO) else {
            panic!("a flush")
        };
        assert!(!matches!(
            conductor.next_action(Duration::ZERO),
            Some(Action::Copy(_))
        ));
        conductor.on(Event::BatchFlushed {
            batch: batch.id,
            flushed: Flushed::default(),
        });
        assert!(!conductor.stream_must_wait());
        assert!(matches!(
            conductor.next_action(Duration::ZERO),
            Some(Action::Copy(_))
        ));
    }

    #[test]
    fn while_throttled_only_marks_are_written_and_what_is_under_way_ends() {
        let mut conductor = claimed(1_000);
        let mark = write_mark(&mut conductor, Duration::ZERO);
        conductor.captured(Captured::Changed {
            key: key(500),
            change: Change::Written,
        });
        returned(&mut conductor, mark);
        let Some(Action::Flush(batch)) = conductor.next_action(Duration::ZERO) else {
            panic!("a flush")
        };
        conductor.throttle(true);
        assert_eq!(
            conductor.next_action(Duration::ZERO),
            None,
            "no chunk and no boundary"
        );
        conductor.on(Event::BatchFlushed {
            batch: batch.id,
            flushed: Flushed::default(),
        });
        let beat = write_mark(&mut conductor, BEAT);
        conductor.captured(Captured::Changed {
            key: key(501),
            change: Change::Written,
        });
        returned(&mut conductor, beat);
        let beat = write_mark(&mut conductor, BEAT * 2);
        returned(&mut conductor, beat);
        assert_eq!(conductor.next_action(BEAT * 2), None, "no flush");
        conductor.throttle(false);
        assert!(matches!(conductor.next_action(BEAT * 2), Some(Action::Flush(_))));
    }

    #[test]
    fn a_nice_worker_pauses_after_its_chunk() {
        let mut conductor = claimed(1_000);
        conductor.nice.set(2.0);
        let mark = write_mark(&mut conductor, Duration::ZERO);
        returned(&mut conductor, mark);
        let Some(Action::Copy(chunk)) = conductor.next_action(Duration::ZERO) else {
            panic!("a chunk")
        };
        assert!(matches!(
            conductor.next_action(Duration::ZERO),
            Some(Action::FindBoundary { .. })
        ));
        conductor.on(Event::BoundaryFound {
            upper: key(100),
            last: true,
        });
        let mark = write_mark(&mut conductor, BEAT);
        returned(&mut conductor, mark);
        conductor.on(Event::ChunkCopied {
            chunk: chunk.id,
            rows: 10,
            took: BEAT / 4,
        });
        assert_eq!(conductor.next_action(BEAT), None);
        assert_eq!(conductor.held_back_by(), Some("nice-ratio"));
        let almost = BEAT * 3 / 2 - Duration::from_millis(1);
        assert_eq!(conductor.next_action(almost), None);
        assert!(matches!(
            conductor.next_action(BEAT * 3 / 2),
            Some(Action::Copy(_))
        ));
    }

    #[test]
    fn an_empty_table_is_ready_at_once() {
        let mut conductor = conductor(1_000);
        let mark = write_mark(&mut conductor, Duration::ZERO);
        returned(&mut conductor, mark);
        assert_eq!(conductor.next_action(Duration::ZERO), Some(Action::ReadRange));
        assert_eq!(conductor.readiness(), Readiness::Copying);
        conductor.on(Event::RangeRead(None));
        assert_eq!(conductor.readiness(), Readiness::Ready);
    }

    #[test]
    fn while_jobs_are_held_only_marks_are_written_and_a_demanded_one_at_once() {
        let mut conductor = claimed(1_000);
        conductor.hold_jobs(true);
        let first = write_mark(&mut conductor, Duration::ZERO);
        returned(&mut conductor, first);
        assert_eq!(conductor.next_action(Duration::ZERO), None);
        let wanted = conductor.demand_mark();
        assert_eq!(write_mark(&mut conductor, Duration::ZERO), wanted);
    }
}
