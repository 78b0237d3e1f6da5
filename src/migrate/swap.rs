//! When the swap is tried, and what is done around each attempt.
//!
//! Before the lock is asked for: no job of ours is under way, whoever holds the table for long is named and waited for
//! (a waiting lock would queue the whole application behind them), and the ghost has everything that needs no lock.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{carried, run::Run};
use crate::{
    changes::{Batch, BatchId, Flushed},
    config::{Config, Mode},
    cutover::{self, Aside, Attempt, Budget, Goal, LockSession, Pending, Rehearsed, Swapped},
    error::{Exit, Failure},
    inspect::{self, Holder, Undecided},
    key::Key,
    mysql::{Class, SqlError},
    prepare,
    status::Phase,
    verify::Difference,
};

/// The first attempt waits so long for the lock; each later one twice as long, up to the configured limit.
const LOCK_MS_FIRST: u64 = 150;
/// Pause after the first attempt; each later one twice as long.
const PAUSE_MS_FIRST: u64 = 500;
/// Whoever holds the table for longer than this is waited for, not queued behind.
const HOLDER_SECONDS_MAX: u64 = 1;
/// Holders are looked for again so often.
const HOLDER_PAUSE_MS: u64 = 500;

/// Stands for "prepared XA transactions" among the sessions that were named: no session has this id.
const XA_NAMED: [u64; 1] = [u64::MAX];
/// What a run has come to.
#[derive(Debug)]
pub(super) enum Reached {
    /// The ghost is the table.
    Swapped(Swapped),
    /// It was, for a moment.
    Rehearsed(Rehearsed),
}

/// Attempts so far.
pub(super) struct Attempts {
    failed: u32,
    max: u32,
    next: Instant,
    /// Sessions that were named as holding the table.
    named: Vec<u64>,
    /// Transactions that had changed the table at the last look, while XA transactions were prepared.
    undecided: BTreeSet<u64>,
    lock_max: Duration,
    pause_max: Duration,
    window: Duration,
    verify: Duration,
}

impl Attempts {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            failed: 0,
            max: config.cut_over_retries,
            next: Instant::now(),
            named: Vec::new(),
            undecided: BTreeSet::new(),
            lock_max: config.cut_over_lock_timeout,
            pause_max: config.cut_over_backoff_max,
            window: config.cut_over_window,
            verify: config.verification.swap_budget,
        }
    }

    pub(super) fn due(&self) -> bool {
        Instant::now() >= self.next
    }

    fn budget(&self) -> Budget {
        let lock = Duration::from_millis(LOCK_MS_FIRST << self.failed.min(10)).min(self.lock_max);
        Budget {
            lock,
            window: self.window,
            verify: self.verify,
        }
    }

    /// Whoever holds the table is named once.
    fn wait_for(&mut self, holders: &[Holder]) {
        for holder in holders.iter().filter(|holder| !self.named.contains(&holder.id)) {
            tracing::info!(
                "the swap waits for session {} ({}@{}), which has used the table for {} s: {} {}",
                holder.id,
                holder.user,
                holder.host,
                holder.seconds,
                holder.command,
                holder.info
            );
        }
        self.named = holders.iter().map(|holder| holder.id).collect();
        self.next = Instant::now() + Duration::from_millis(HOLDER_PAUSE_MS);
    }

    /// Whether to wait because XA transactions are prepared and one of them may have changed the table: it holds the
    /// table until somebody decides it, and no session stands for it. Ordinary transactions are others at the next look.
    fn wait_for_undecided(&mut self, now: Undecided) -> bool {
        let before = std::mem::replace(&mut self.undecided, now.writers);
        if self.undecided.is_empty() || (!before.is_empty() && before.is_disjoint(&self.undecided)) {
            return false;
        }
        if !before.is_empty() && self.named != XA_NAMED {
            tracing::info!(
                "the swap waits for a transaction that holds the table; these are prepared, and somebody has to decide them \
                 (XA COMMIT or XA ROLLBACK): {}",
                now.xids.join(", ")
            );
            self.named = XA_NAMED.to_vec();
        }
        self.next = Instant::now() + Duration::from_millis(HOLDER_PAUSE_MS);
        true
    }

    fn failed(&mut self, why: &str) -> Result<(), Failure> {
        let pause = Duration::from_millis(PAUSE_MS_FIRST << self.failed.min(13)).min(self.pause_max);
        self.failed += 1;
        self.next = Instant::now() + pause;
        if self.failed >= self.max {
            return Err(Failure::failed(format!("The swap was tried {} times.", self.failed))
                .detail(format!("the last attempt: {why}"))
                .hint("Try again at a quieter hour, or give it more room with --cut-over-lock-timeout-seconds."));
        }
        tracing::info!(
            "swap attempt {} of {}: {why}; next in {pause:?}",
            self.failed,
            self.max
        );
        Ok(())
    }
}

/// One attempt; `None`: later.
pub(super) async fn attempt(run: &mut Run, attempts: &mut Attempts) -> Result<Option<Reached>, Failure> {
    if run.tell_stop().await? {
        return Ok(None);
    }
    run.conductor.hold_jobs(true);
    run.settle().await?;
    // Meanwhile an operator may have asked for it to wait.
    if run.is_postponed() || run.knobs.borrow().paused {
        run.conductor.hold_jobs(false);
        return Ok(None);
    }
    // Not before: a flush that ended meanwhile may have parked rows of a moment that is over.
    run.conductor.changes().retry_parked();
    run.conductor.ledger_mut().recall();
    let result = with_sessions(run, attempts).await;
    run.conductor.hold_jobs(false);
    result
}

async fn with_sessions(run: &mut Run, attempts: &mut Attempts) -> Result<Option<Reached>, Failure> {
    let (mut door, mut aside) = match open(run, attempts.lock_max).await {
        Ok(both) => both,
        Err(failure) if failure.exit == Exit::Unreachable => {
            return attempts.failed(&failure.to_string()).map(|()| None);
        }
        Err(failure) => return Err(failure),
    };
    let ended = match ready(run, &mut aside, attempts).await {
        Ok(true) => {
            run.report(Phase::Swapping);
            let goal = goal(run.config.topology.mode);
            run.in_window = true;
            let ended = match run.standstill.begin().await {
                Ok(()) => {
                    let budget = attempts.budget();
                    cutover::attempt(&mut door, &mut aside, &mut PendingKeys(run), budget, goal).await
                }
                Err(ended) => ended,
            };
            run.in_window = false;
            ended
        }
        Ok(false) => {
            close(door, aside).await;
            return Ok(None);
        }
        Err(ended) => ended,
    };
    close(door, aside).await;
    match ended {
        Attempt::Swapped(swapped) => Ok(Some(Reached::Swapped(swapped))),
        Attempt::Rehearsed(rehearsed) => Ok(Some(Reached::Rehearsed(rehearsed))),
        Attempt::NotYet(why) => {
            carried::disarm(run).await?;
            undress(run).await;
            run.replication_goes_on().await?;
            attempts.failed(&why).map(|()| None)
        }
        Attempt::Stop(failure) | Attempt::Unknown(failure) => Err(failure),
    }
}

fn goal(mode: Mode) -> Goal {
    match mode {
        Mode::Primary | Mode::MigrateOnReplica => Goal::Swap,
        Mode::TestOnReplica { .. } => Goal::Rehearse,
    }
}

async fn open(run: &mut Run, lock: Duration) -> Result<(LockSession, Aside), Failure> {
    let compared = run.compared();
    let mut door = LockSession::open(&run.sessions, Arc::clone(&run.work), lock, compared).await?;
    let opened = door.opened();
    match Aside::open(&run.sessions, Arc::clone(&run.work), opened, lock).await {
        Ok(aside) => Ok((door, aside)),
        Err(failure) => {
            door.close().await;
            Err(failure)
        }
    }
}

async fn close(door: LockSession, aside: Aside) {
    door.close().await;
    aside.close().await;
}

/// A run that is killed now leaves a ghost that the next one knows as ours.
async fn undress(run: &Run) {
    if let Err(error) = prepare::mark_ghost(&run.sessions, &run.work).await {
        tracing::debug!(%error, "the ghost's mark could not be put back");
    }
}

/// What needs no lock is done before it. `false`: somebody holds the table, which does not count as an attempt.
async fn ready(run: &mut Run, aside: &mut Aside, attempts: &mut Attempts) -> Result<bool, Attempt> {
    let lost = run.witness.check(aside.session()).await;
    if let Some(failure) =
        lost.map_err(|error| unready(&error, "The run's own lock could not be looked at."))?
    {
        return Err(Attempt::Stop(failure));
    }
    let undecided = inspect::undecided(aside.session(), &run.work.tables.source)
        .await
        .map_err(|error| unready(&error, "The prepared XA transactions could not be looked at."))?;
    if undecided.is_some_and(|now| attempts.wait_for_undecided(now)) {
        return Ok(false);
    }
    let holders = inspect::holders(aside.session(), &run.work.tables.source, &[], HOLDER_SECONDS_MAX)
        .await
        .map_err(|error| unready(&error, "Who uses the table could not be found out."))?
        .unwrap_or_default();
    if !holders.is_empty() {
        attempts.wait_for(&holders);
        return Ok(false);
    }
    let changed = carried::check(aside.session(), run).await;
    if let Some(failure) = changed.map_err(|error| unready(&error, "The triggers could not be looked at."))? {
        return Err(Attempt::Stop(failure));
    }
    prepare::dress_ghost(aside.session(), &run.work)
        .await
        .map_err(|error| unready(&error, "The new table could not be made ready for the swap."))?;
    match cutover::zero_that_would_be_numbered(aside.session(), &run.work).await {
        Ok(None) => Ok(true),
        Ok(Some(failure)) => Err(Attempt::Stop(failure)),
        Err(error) => Err(unready(
            &error,
            "The new AUTO_INCREMENT column could not be looked at.",
        )),
    }
}

/// A lost session, or somebody who reads the ghost: another attempt may succeed.
fn unready(error: &SqlError, what: &str) -> Attempt {
    match error.class() {
        Class::Transient | Class::Lost => Attempt::NotYet(format!("{what} {error}")),
        _ => Attempt::Stop(error.failure(what)),
    }
}

/// The run's changed keys, as the swap needs them.
struct PendingKeys<'a>(&'a mut Run);

impl Pending for PendingKeys<'_> {
    async fn fence(&mut self) -> Result<(), Failure> {
        self.0.last_fence().await
    }

    fn next_batch(&mut self) -> Option<Batch> {
        self.0.next_batch()
    }

    fn flushed(&mut self, batch: BatchId, flushed: Flushed) {
        self.0.conductor.landed(batch, flushed);
    }

    fn failed(&mut self, batch: BatchId, touched: Vec<Key>) {
        self.0.conductor.lost(batch, touched);
    }

    fn is_drained(&mut self) -> Result<bool, Failure> {
        let drained = self.0.conductor.changes().is_drained();
        if drained && !self.0.conductor.changes().parked().is_empty() {
            return Err(self.0.collision());
        }
        Ok(drained)
    }

    fn verifies(&mut self) -> bool {
        !self.0.conductor.ledger().is_off()
    }

    fn next_due(&mut self) -> Option<Vec<Key>> {
        self.0.conductor.ledger().next_due()
    }

    fn looked(&mut self, keys: &[Key]) {
        self.0.conductor.ledger_mut().looked(keys);
    }

    fn differ(&mut self, differences: &[Difference]) -> Failure {
        self.0.differ(differences)
    }

    fn position(&mut self) -> String {
        self.0.position()
    }
}
