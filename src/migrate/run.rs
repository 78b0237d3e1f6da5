//! The one loop: it waits for whatever happens next, tells the [`Conductor`], and starts what that says.
//!
//! Sessions belong to jobs while they work and come back with their result; a job's future never outlives the run.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};

use crate::{
    capture::{Captured, feed::Feed},
    changes::Batch,
    config::Config,
    error::{Exit, Failure},
    hooks::Moment,
    knobs::Knobs,
    metrics::Metrics,
    migrate::{
        commands::Desk,
        conductor::{Action, Conductor, Readiness},
        herald::Herald,
        jobs::{self, Done, Idle, Look},
        moments::Moments,
        standstill::Standstill,
        stop::Stop,
        swap::{self, Reached},
        way::Way,
    },
    mysql::Sessions,
    plan::work::Work,
    position::Position,
    prepare::GuardWitness,
    status::{
        Phase, Reporter, Snapshot,
        header::{self, Title},
    },
    tasks::{Jobs, Thread},
    throttle::{MarkTimes, Throttle},
    topology::Lookout,
    verify::Subject,
};

/// How often the clock is looked at when nothing else happens.
const TICK_MS: u64 = 20;
/// Parked keys are tried again so often.
const PARKED_RETRY_MS: u64 = 1_000;
/// Rows that collide for so long are the data's doing, not a moment's.
const PARKED_MS_MAX: u64 = 10_000;
/// So many of them at a time are not a moment's doing either.
const PARKED_MAX: usize = 10_000;
/// Jobs that are under way when a run stops may take so long to finish.
const STOP_MS_MAX: u64 = 10_000;
/// Retries of chunks that are to be told of; more of them at a time are dropped.
const RETRIED_MAX: usize = 16;
/// The rate of rows is taken over so long.
const RATE_SECONDS: u64 = 10;

/// What a run is made of; each is made by another step of the story.
pub(super) struct Parts {
    pub(super) config: Arc<Config>,
    pub(super) work: Arc<Work>,
    pub(super) sessions: Sessions,
    pub(super) conductor: Conductor,
    pub(super) feed: Feed,
    pub(super) reader: Thread,
    pub(super) reporter: Reporter,
    pub(super) rows_estimate: u64,
    pub(super) origin: Position,
    pub(super) lookout: Option<Lookout>,
    pub(super) stop: Stop,
    pub(super) witness: GuardWitness,
    pub(super) subject: Arc<Subject>,
    pub(super) title: Title,
    pub(super) herald: Herald,
    pub(super) metrics: Metrics,
    pub(super) knobs: watch::Sender<Knobs>,
    pub(super) throttle: Throttle,
    pub(super) standstill: Standstill,
    pub(super) desk: Desk,
}

/// A run from its first mark to the swap.
pub(super) struct Run {
    pub(super) config: Arc<Config>,
    pub(super) work: Arc<Work>,
    pub(super) sessions: Sessions,
    pub(super) conductor: Conductor,
    pub(super) subject: Arc<Subject>,
    feed: Feed,
    reader: Thread,
    jobs: Jobs<Done>,
    idle: Idle,
    started: Instant,
    reporter: Reporter,
    pub(super) snapshot: Snapshot,
    stop: Stop,
    pub(super) witness: GuardWitness,
    pub(super) way: Way,
    pub(super) standstill: Standstill,
    /// What an operator may change; readers follow it.
    pub(super) knobs: watch::Sender<Knobs>,
    pub(super) desk: Desk,
    /// The swap has the table locked, or is asking for it: nobody else has a say.
    pub(super) in_window: bool,
    pub(super) throttle: Throttle,
    throttled: bool,
    pub(super) marks: MarkTimes,
    rates: VecDeque<(Instant, u64)>,
    parked_since: Option<Instant>,
    parked_tried: Instant,
    position: Position,
    pub(super) moments: Moments,
    pub(super) title: Title,
    metrics: Metrics,
    /// The hooks know that replication stands still.
    pub(super) stop_told: bool,
    /// Errors after which a chunk is copied again.
    retried: (mpsc::Sender<String>, mpsc::Receiver<String>),
    /// The connection whose doing ended the run.
    culprit: Option<u32>,
}

impl Run {
    pub(super) fn new(parts: Parts) -> Self {
        let now = Instant::now();
        Self {
            snapshot: Snapshot {
                rows_estimate: parts.rows_estimate,
                dirty_keys_max: parts.config.dirty_keys_max,
                ..Snapshot::at_start()
            },
            started: parts.herald.started(),
            moments: Moments::new(&parts.config, parts.herald),
            title: parts.title,
            metrics: parts.metrics,
            stop_told: false,
            retried: mpsc::channel(RETRIED_MAX),
            knobs: parts.knobs,
            desk: parts.desk,
            in_window: false,
            config: parts.config,
            work: parts.work,
            sessions: parts.sessions,
            conductor: parts.conductor,
            feed: parts.feed,
            reader: parts.reader,
            reporter: parts.reporter,
            stop: parts.stop,
            witness: parts.witness,
            subject: parts.subject,
            way: Way::new(parts.lookout),
            standstill: parts.standstill,
            jobs: Jobs::default(),
            idle: Idle::default(),
            throttle: parts.throttle,
            throttled: false,
            marks: MarkTimes::default(),
            rates: VecDeque::new(),
            parked_since: None,
            parked_tried: now,
            position: parts.origin,
            culprit: None,
        }
    }

    /// Copies, follows the changes and swaps, or rehearses it.
    pub(super) async fn until_reached(&mut self) -> Result<Reached, Failure> {
        let mut attempts = swap::Attempts::new(&self.config);
        self.throttle.first_look().await;
        loop {
            self.mind_throttle()?;
            self.report(self.phase());
            self.advance();
            self.start_jobs();
            if self.may_swap() && attempts.due() {
                let reached = swap::attempt(self, &mut attempts).await?;
                // Marks that came by meanwhile were not looked at.
                self.marks.stopped_reading();
                match reached {
                    Some(reached) => return Ok(reached),
                    None => continue,
                }
            }
            self.pump().await?;
            self.mind_parked()?;
            self.mind_differences()?;
        }
    }

    /// Waits for one thing to happen and takes note of it. In order: the user's wish to stop comes first, then an operator's
    /// order, of which there are few; what the binlog delivers comes before the ends of jobs, because a job's end may make keys flushable and the newest
    /// changes should be known by then; the clock comes last.
    pub(super) async fn pump(&mut self) -> Result<(), Failure> {
        let takes_orders = self.desk.takes_orders() && !self.in_window;
        tokio::select! {
            biased;
            failure = self.stop.asked() => Err(failure),
            request = self.desk.next(), if takes_orders => self.commanded(request).await,
            batch = self.feed.next(), if !self.conductor.stream_must_wait() => self.captured(batch),
            done = self.jobs.next() => self.done(done),
            ended = self.moments.next() => self.moment_ended(ended),
            Some(error) = self.retried.1.recv() => {
                self.moments.tell_again(Moment::BatchCopyRetry(error));
                Ok(())
            }
            looked = self.way.looked() => self.way.saw(looked).map(drop),
            () = tokio::time::sleep(Duration::from_millis(TICK_MS)) => Ok(()),
        }
    }

    /// Starts everything that may start now; before the copy may begin, that is marks.
    pub(super) fn start_jobs(&mut self) {
        self.way.look_if_due();
        while let Some(action) = match self.moments.copy_may_begin() {
            true => self.conductor.next_action(self.started.elapsed()),
            false => self.conductor.next_mark(self.started.elapsed()),
        } {
            self.start(action);
        }
    }

    /// Writes marks until one that begins now has fenced off everything before it.
    pub(super) async fn fence(&mut self) -> Result<(), Failure> {
        let target = self.conductor.demand_mark();
        while !self.conductor.changes().is_fenced(target) {
            self.start_marks();
            self.pump().await?;
        }
        Ok(())
    }

    pub(super) fn start_marks(&mut self) {
        if let Some(action) = self.conductor.next_mark(self.started.elapsed()) {
            self.start(action);
        }
    }

    /// The same, for the swap: what came back with the mark is everything, because the way is what it was at the start.
    pub(super) async fn last_fence(&mut self) -> Result<(), Failure> {
        self.fence().await?;
        self.way.confirm().await
    }

    /// Lets all jobs finish; nothing new is started.
    pub(super) async fn settle(&mut self) -> Result<(), Failure> {
        while !self.jobs.is_empty() {
            self.pump().await?;
        }
        Ok(())
    }

    /// Ends all jobs and closes all sessions, after a stop or a failure. Jobs that do not finish in time are left to
    /// the server: they only write to the ghost. `well`: after a swap.
    pub(super) async fn wind_down(mut self, well: bool) {
        self.metrics.finish(&self.snapshot);
        self.desk.close().await;
        self.moments.wind_down(well).await;
        let limit = Duration::from_millis(STOP_MS_MAX);
        let finish = async {
            while !self.jobs.is_empty() {
                if let Ok(done) = self.jobs.next().await {
                    self.idle.take(done.seat);
                }
            }
        };
        if tokio::time::timeout(limit, finish).await.is_err() {
            tracing::warn!(
                "statements of ours are still running on the server after {limit:?}; their sessions are dropped"
            );
        }
        tokio::join!(self.idle.close(), self.throttle.close(), self.way.close(limit));
        drop(self.feed);
        self.reader.join(limit).await;
    }

    fn start(&mut self, action: Action) {
        let (work, sessions) = (Arc::clone(&self.work), self.sessions.clone());
        match action {
            Action::WriteMark(mark) => {
                self.marks.begun(mark, Instant::now());
                self.jobs
                    .start(jobs::write_mark(self.idle.marker.take(), sessions, work, mark));
            }
            Action::ReadRange => {
                self.jobs
                    .start(jobs::find(self.idle.finder.take(), sessions, work, Look::Range))
            }
            Action::FindBoundary { after, max, rows } => {
                let look = Look::Boundary { after, max, rows };
                self.jobs
                    .start(jobs::find(self.idle.finder.take(), sessions, work, look));
            }
            Action::Copy(chunk) => {
                let (copier, retried) = (self.idle.copiers.pop(), self.retried.0.clone());
                self.jobs
                    .start(jobs::copy_chunk(copier, sessions, work, chunk, retried));
            }
            Action::Flush(batch) => {
                self.jobs
                    .start(jobs::flush(self.idle.flushers.pop(), sessions, work, batch))
            }
            Action::Look(task) => {
                let subject = Arc::clone(&self.subject);
                self.jobs
                    .start(jobs::look(self.idle.lookers.pop(), sessions, subject, task));
            }
        }
    }

    fn done(&mut self, done: Result<Done, String>) -> Result<(), Failure> {
        let Done { seat, result } = done.map_err(|panic| Failure::new(Exit::Internal, panic))?;
        self.idle.take(seat);
        self.conductor.on(result?);
        Ok(())
    }

    fn captured(&mut self, batch: Option<Vec<Captured>>) -> Result<(), Failure> {
        for captured in batch.unwrap_or_default() {
            match captured {
                Captured::Ended { failure, session } => {
                    self.culprit = session;
                    return Err(failure);
                }
                Captured::Gap(gap) => self.way.gap(gap),
                Captured::Reconnecting(why) => tracing::warn!("the binlog stream is opened again: {why}"),
                Captured::At(position) => {
                    self.position = position.clone();
                    self.conductor.captured(Captured::At(position));
                }
                Captured::Mark(mark) => {
                    self.marks.seen(mark, Instant::now());
                    self.conductor.captured(Captured::Mark(mark));
                }
                change => self.conductor.captured(change),
            }
        }
        Ok(())
    }

    fn lag(&self) -> Option<Duration> {
        self.marks.lag(Instant::now())
    }

    /// Looks whether the run is to be held back. Not called while the swap is tried: nothing holds that back.
    fn mind_throttle(&mut self) -> Result<(), Failure> {
        if self.conductor.stream_must_wait() {
            self.marks.stopped_reading();
        }
        self.throttled = self.throttle.look(&self.marks, Instant::now())?;
        self.conductor.throttle(self.throttled);
        Ok(())
    }

    fn may_swap(&self) -> bool {
        let lag_max = self.config.heartbeat * 10;
        self.conductor.readiness() == Readiness::Ready
            && self.moments.swap_may_begin()
            && !self.throttled
            && !self.is_postponed()
            && self.lag().is_some_and(|lag| lag < lag_max)
    }

    /// The flag file is there, and no operator has said to swap all the same.
    pub(super) fn is_postponed(&self) -> bool {
        let knobs = self.knobs.borrow();
        let file = knobs.postpone_file.as_ref().filter(|_| !knobs.unpostponed);
        file.is_some_and(|file| file.exists())
    }

    pub(super) fn phase(&self) -> Phase {
        if let Some(reason) = self.throttle.reason() {
            return Phase::Throttled(reason.clone());
        }
        match self.conductor.readiness() {
            _ if self.moments.is_counting_first() => Phase::CountingRows,
            _ if !self.moments.copy_may_begin() => Phase::Preparing,
            Readiness::Copying => Phase::Copying,
            Readiness::Verifying if self.conductor.ledger().is_passing() => Phase::Verifying,
            _ if self.is_postponed() => Phase::Postponed,
            Readiness::Verifying => Phase::Verifying,
            Readiness::CatchingUp | Readiness::Ready => Phase::CatchingUp,
        }
    }

    /// Rows that collide under a new unique key are tried again now and then; a later change may have resolved it.
    fn mind_parked(&mut self) -> Result<(), Failure> {
        let now = Instant::now();
        let parked = self.conductor.changes().parked().len();
        if parked == 0 {
            // While they are being tried again they are dirty, and not yet known to be resolved.
            if self.conductor.changes().is_drained() {
                self.parked_since = None;
            }
            return Ok(());
        }
        if self.throttled {
            // They cannot be tried again now, so nothing is known of them.
            self.parked_since = None;
        }
        let since = *self.parked_since.get_or_insert(now);
        let lasting =
            now.duration_since(since) > Duration::from_millis(PARKED_MS_MAX) && !self.is_postponed();
        if lasting || parked > PARKED_MAX {
            return Err(self.collision());
        }
        if now.duration_since(self.parked_tried) >= Duration::from_millis(PARKED_RETRY_MS) {
            self.parked_tried = now;
            self.conductor.changes().retry_parked();
        }
        Ok(())
    }

    /// Where the binlog reader is.
    pub(super) fn position(&self) -> String {
        self.position.to_string()
    }

    pub(super) fn report(&mut self, state: Phase) {
        let elapsed = self.started.elapsed();
        let totals = self.conductor.totals();
        let load = self.conductor.changes().load();
        let verified = self.conductor.ledger().summary();
        let rows_per_s = self.rate(totals.rows);
        let left = self.snapshot.rows_estimate.saturating_sub(totals.rows);
        self.snapshot = Snapshot {
            eta: (state == Phase::Copying && rows_per_s > 0 && left > 0)
                .then(|| Duration::from_secs(left / rows_per_s.max(1))),
            state,
            rows_copied: totals.rows,
            rows_estimate: self.snapshot.rows_estimate,
            rows_per_s,
            all_copied: self.conductor.readiness() != Readiness::Copying,
            chunks: totals.chunks,
            dirty_keys: (load.dirty() - load.held) as u64,
            held_keys: load.held as u64,
            dirty_keys_max: self.snapshot.dirty_keys_max,
            applied_keys: totals.keys,
            lag: self.lag(),
            verified_rows: verified.rows_counted,
            keys_to_verify: self.conductor.ledger().due() as u64,
            second_looks: verified.second_looks,
            workers: self.conductor.workers(),
            chunk_rows: self.conductor.chunk_rows(),
            elapsed,
            copy_elapsed: self.moments.copy_elapsed(),
            position: self.position.to_string(),
            limit: self.conductor.held_back_by().map(str::to_owned),
        };
        self.metrics.report(&self.snapshot);
        let (title, knobs, snapshot) = (&self.title, &self.knobs, &self.snapshot);
        self.reporter
            .report(snapshot, || header::lines(title, &knobs.borrow(), snapshot));
    }

    fn rate(&mut self, rows: u64) -> u64 {
        let now = Instant::now();
        if self
            .rates
            .back()
            .is_none_or(|(at, _)| now.duration_since(*at) > Duration::from_millis(200))
        {
            self.rates.push_back((now, rows));
        }
        while self
            .rates
            .front()
            .is_some_and(|(at, _)| now.duration_since(*at) > Duration::from_secs(RATE_SECONDS))
        {
            self.rates.pop_front();
        }
        self.rates.front().map_or(0, |(at, before)| {
            ((rows - before) as f64 / now.duration_since(*at).as_secs_f64().max(0.2)) as u64
        })
    }

    /// What has been done, for the last words of a run.
    pub(super) fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The connection whose doing ended the run, if it was somebody's.
    pub(super) fn culprit(&self) -> Option<u32> {
        self.culprit
    }

    /// Keys that wait, for the swap.
    pub(super) fn next_batch(&mut self) -> Option<Batch> {
        self.conductor.next_swap_batch()
    }
}
