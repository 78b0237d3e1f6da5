//! When the swap is tried, and what is done around each attempt.
//!
//! Before the lock is asked for: no job of ours is under way, whoever holds the table for long is named and waited for
//! (a waiting lock would queue the whole application behind them), and the ghost has everything that needs no lock.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::run::Run;
use crate::{
    changes::{Batch, BatchId, Flushed},
    config::Config,
    cutover::{self, Aside, Attempt, Budget, LockSession, Pending, Swapped},
    error::Failure,
    inspect,
    prepare,
    status::Phase,
};

/// The first attempt waits so long for the lock; each later one twice as long, up to the configured limit.
const LOCK_MS_FIRST: u64 = 150;
/// Pause after the first attempt; each later one twice as long.
const PAUSE_MS_FIRST: u64 = 500;
/// The longest pause.
const PAUSE_MS_MAX: u64 = 30_000;
/// Whoever holds the table for longer than this is waited for, not queued behind.
const HOLDER_SECONDS_MAX: u64 = 1;
/// Holders are looked for again so often.
const HOLDER_PAUSE_MS: u64 = 500;

/// Attempts so far.
pub(super) struct Attempts {
    failed: u32,
    max: u32,
    next: Instant,
    lock_max: Duration,
    window: Duration,
}

impl Attempts {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            failed: 0,
            max: config.cut_over_retries,
            next: Instant::now(),
            lock_max: config.cut_over_lock_timeout,
            window: config.cut_over_window,
        }
    }

    pub(super) fn due(&self) -> bool {
        Instant::now() >= self.next
    }

    fn budget(&self) -> Budget {
        let lock = Duration::from_millis(LOCK_MS_FIRST << self.failed.min(10)).min(self.lock_max);
        Budget { lock, window: self.window }
    }

    fn failed(&mut self, why: &str) -> Result<(), Failure> {
        let pause = Duration::from_millis((PAUSE_MS_FIRST << self.failed.min(10)).min(PAUSE_MS_MAX));
        self.failed += 1;
        self.next = Instant::now() + pause;
        if self.failed >= self.max {
            return Err(Failure::failed(format!("The swap was tried {} times.", self.failed))
                .detail(format!("the last attempt: {why}"))
                .hint("Try again at a quieter hour, or give it more room with --cut-over-lock-timeout-seconds."));
        }
        tracing::info!("swap attempt {} of {}: {why}; next in {pause:?}", self.failed, self.max);
        Ok(())
    }
}

/// One attempt; `None`: later.
pub(super) async fn attempt(run: &mut Run, attempts: &mut Attempts) -> Result<Option<Swapped>, Failure> {
    run.conductor.changes().retry_parked();
    run.conductor.hold_jobs(true);
    run.settle().await?;
    let result = with_sessions(run, attempts).await;
    run.conductor.hold_jobs(false);
    result
}

async fn with_sessions(run: &mut Run, attempts: &mut Attempts) -> Result<Option<Swapped>, Failure> {
    let budget = attempts.budget();
    let mut door = LockSession::open(&run.sessions, Arc::clone(&run.work), attempts.lock_max).await?;
    let mut aside = Aside::open(&run.sessions, Arc::clone(&run.work), door.opened()).await?;
    let ended = match ready(run, &mut aside, attempts).await {
        Ok(true) => {
            run.report(Phase::Swapping);
            cutover::attempt(&mut door, &mut aside, &mut PendingKeys(run), budget).await
        }
        Ok(false) => return close(door, aside, None).await,
        Err(failure) => Attempt::Stop(failure),
    };
    let swapped = match ended {
        Attempt::Swapped(swapped) => Ok(Some(swapped)),
        Attempt::NotYet(why) => {
            undress(run).await;
            attempts.failed(&why).map(|()| None)
        }
        Attempt::Stop(failure) | Attempt::Unknown(failure) => Err(failure),
    };
    close(door, aside, None).await?;
    swapped
}

async fn close(door: LockSession, aside: Aside, swapped: Option<Swapped>) -> Result<Option<Swapped>, Failure> {
    door.close().await;
    aside.close().await;
    Ok(swapped)
}

/// A run that is killed now leaves a ghost that the next one knows as ours.
async fn undress(run: &Run) {
    if let Err(error) = prepare::mark_ghost(&run.sessions, &run.work).await {
        tracing::debug!(%error, "the ghost's mark could not be put back");
    }
}

/// What needs no lock is done before it.
async fn ready(run: &mut Run, aside: &mut Aside, attempts: &mut Attempts) -> Result<bool, Failure> {
    run.witness.check(aside.session()).await?;
    let holders = inspect::holders(aside.session(), &run.work.tables.source, &[], HOLDER_SECONDS_MAX)
        .await
        .map_err(|error| error.failure("Who uses the table could not be found out."))?
        .unwrap_or_default();
    if !holders.is_empty() {
        for holder in &holders {
            tracing::info!(
                "the swap waits for session {} ({}@{}), which has used the table for {} s: {} {}",
                holder.id, holder.user, holder.host, holder.seconds, holder.command, holder.info
            );
        }
        attempts.next = Instant::now() + Duration::from_millis(HOLDER_PAUSE_MS);
        return Ok(false);
    }
    prepare::dress_ghost(aside.session(), &run.work)
        .await
        .map_err(|error| error.failure("The new table could not be made ready for the swap."))?;
    match cutover::zero_that_would_be_numbered(aside.session(), &run.work).await {
        Ok(None) => Ok(true),
        Ok(Some(failure)) => Err(failure),
        Err(error) => Err(error.failure("The new AUTO_INCREMENT column could not be looked at.")),
    }
}

/// The run's changed keys, as the swap needs them.
struct PendingKeys<'a>(&'a mut Run);

impl Pending for PendingKeys<'_> {
    async fn fence(&mut self) -> Result<(), Failure> {
        self.0.fence().await
    }

    fn next_batch(&mut self) -> Option<Batch> {
        self.0.next_batch()
    }

    fn flushed(&mut self, batch: BatchId, flushed: Flushed) {
        self.0.batch_ended(batch, Some(flushed));
    }

    fn failed(&mut self, batch: BatchId) {
        self.0.batch_ended(batch, None);
    }

    fn is_drained(&mut self) -> Result<bool, Failure> {
        let drained = self.0.conductor.changes().is_drained();
        if drained && !self.0.conductor.changes().parked().is_empty() {
            return Err(self.0.collision());
        }
        Ok(drained)
    }
}
