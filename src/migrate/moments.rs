//! What a run waits for between two steps, and what goes on beside it: hooks, and the exact count of rows.
//!
//! The stream is read and marks are written meanwhile; only the next step waits. In gh-ost's order:
//!
//! 1. `validated`, the count (unless it goes on beside the copy) with `rowcount-complete`, `before-row-copy`; then rows are
//!    copied.
//! 2. All rows are copied: a count that still goes on is ended, because its session holds the table's metadata lock;
//!    `row-copy-complete`, `before-cut-over`; then the swap may come.
//! 3. Whenever the flag file begins to hold the swap back: `begin-postponed`.
//!
//! A hook of these that fails ends the run. Beside the run, with nobody waiting and no failure that counts: `status`,
//! `batch-copy-retry`, and `rowcount-complete` after a count beside the copy. No hook is begun, and none is waited for,
//! inside the swap.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{
    count::{self, Counted},
    herald::Herald,
};
use crate::{
    config::Config,
    error::Failure,
    hooks::Moment,
    mysql::Sessions,
    plan::work::Work,
    status::{Snapshot, line},
    tasks::{Ender, Jobs},
};

/// Programs that go on beside the run when it ends well may take so long to finish.
const LAST_MS_MAX: u64 = 5_000;
/// Programs and a count that were told to end are gone within this.
const END_MS_MAX: u64 = 10_000;

/// What is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Tell(Moment),
    Count,
}

/// Where the run stands, as far as waiting is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// What comes before the first row.
    Before,
    /// Rows are copied.
    Copying,
    /// All are.
    Copied,
}

/// The order of the steps. Pure.
#[derive(Debug)]
struct Order {
    stage: Stage,
    /// Not begun yet, in order.
    waiting: VecDeque<Step>,
    /// The one that is under way.
    under_way: bool,
    postponed: bool,
}

impl Order {
    /// What comes first of all; `count`: so does the count of the rows.
    fn new(count: bool) -> Self {
        let mut waiting = VecDeque::from([Step::Tell(Moment::Validated)]);
        if count {
            waiting.extend([Step::Count, Step::Tell(Moment::RowcountComplete)]);
        }
        waiting.push_back(Step::Tell(Moment::BeforeRowCopy));
        Self {
            stage: Stage::Before,
            waiting,
            under_way: false,
            postponed: false,
        }
    }

    /// Nothing is waited for.
    fn is_clear(&self) -> bool {
        self.waiting.is_empty() && !self.under_way
    }

    fn copied(&mut self) {
        self.stage = Stage::Copied;
        self.waiting.push_back(Step::Tell(Moment::RowCopyComplete));
        self.waiting.push_back(Step::Tell(Moment::BeforeCutOver));
    }

    /// Whether the swap is held back now; its beginning is news.
    fn postponed(&mut self, now: bool) {
        if now && !self.postponed {
            self.waiting.push_back(Step::Tell(Moment::BeginPostponed));
        }
        self.postponed = now;
    }

    fn next(&mut self) -> Option<Step> {
        if self.under_way {
            return None;
        }
        let step = self.waiting.pop_front()?;
        self.under_way = true;
        Some(step)
    }
}

/// The end of something in [`Moments`].
pub(super) enum Ended {
    /// The hooks of a moment.
    Told {
        moment: Moment,
        waited_for: bool,
        result: Result<(), Failure>,
    },
    /// The count.
    Counted { waited_for: bool, result: Counted },
}

/// What goes on beside the run.
pub(super) struct Moments {
    herald: Herald,
    order: Order,
    jobs: Jobs<Ended>,
    end: Ender,
    /// The count's own: it ends before the swap.
    end_count: Ender,
    counting: bool,
    count_beside: bool,
    /// Of the moments that come again and again, those whose hooks are running.
    running: Vec<&'static str>,
    status_every: Duration,
    status_at: Option<Instant>,
    copy: (Option<Instant>, Option<Duration>),
}

/// What the rest of the run needs to know of a step that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// Nothing of interest.
    None,
    /// The rows were counted.
    Rows(u64),
    /// The hooks have heard of an operator's order, and this is what they say.
    OrderTold(Result<(), Failure>),
}

impl Moments {
    pub(super) fn new(config: &Config, herald: Herald) -> Self {
        let carry = &config.carry;
        Self {
            herald,
            order: Order::new(carry.exact_row_count && !carry.concurrent_row_count),
            jobs: Jobs::default(),
            end: Ender::default(),
            end_count: Ender::default(),
            counting: false,
            count_beside: carry.exact_row_count && carry.concurrent_row_count,
            running: Vec::new(),
            status_every: config.hooks.status_interval,
            status_at: None,
            copy: (None, None),
        }
    }

    /// Rows may be copied.
    pub(super) fn copy_may_begin(&self) -> bool {
        matches!(self.order.stage, Stage::Copying | Stage::Copied)
    }

    /// The rows are being counted, and the copy waits for it.
    pub(super) fn is_counting_first(&self) -> bool {
        self.counting && self.order.stage == Stage::Before
    }

    /// Nothing stands before the swap.
    pub(super) fn swap_may_begin(&self) -> bool {
        self.order.stage == Stage::Copied && self.order.is_clear() && !self.counting
    }

    /// Time spent copying.
    pub(super) fn copy_elapsed(&self) -> Duration {
        match self.copy {
            (_, Some(took)) => took,
            (begun, None) => begun.map_or(Duration::ZERO, |begun| begun.elapsed()),
        }
    }

    /// Takes note of where the run is, and begins what is next.
    pub(super) fn advance(&mut self, now: Now<'_>) {
        self.herald.sees(now.snapshot);
        match self.order.stage {
            Stage::Before if self.order.is_clear() => self.copy_begins(&now),
            Stage::Copying if now.copied => self.copy_ends(),
            _ => {}
        }
        if self.order.stage == Stage::Copied {
            if now.postponed && !self.order.postponed {
                tracing::info!("all rows are copied; the swap is postponed by the flag file");
            }
            self.order.postponed(now.postponed);
        }
        if self.copy_may_begin() {
            self.tell_status(now.snapshot);
        }
        while let Some(step) = self.order.next() {
            match step {
                Step::Tell(moment) => self.tell(moment, true),
                Step::Count => self.count(&now, true),
            }
        }
    }

    fn copy_begins(&mut self, now: &Now<'_>) {
        self.order.stage = Stage::Copying;
        self.copy.0 = Some(Instant::now());
        tracing::info!("copying the rows of {}", now.work.tables.source);
        if self.count_beside {
            self.count(now, false);
        }
    }

    fn copy_ends(&mut self) {
        self.copy.1 = Some(self.copy_elapsed());
        tracing::info!("Row copy complete");
        if self.counting {
            tracing::info!("the count of the rows is ended: it would stand in the swap's way");
            self.end_count.ask();
        }
        self.order.copied();
    }

    /// A step of somebody else's that waits for hooks.
    pub(super) fn wait_for(&mut self, moment: Moment) {
        self.order.waiting.push_back(Step::Tell(moment));
    }

    /// Nothing is waited for.
    pub(super) fn are_clear(&self) -> bool {
        self.order.is_clear()
    }

    fn tell_status(&mut self, snapshot: &Snapshot) {
        let due = self.status_at.is_none_or(|at| at.elapsed() >= self.status_every);
        if due && !self.status_every.is_zero() && self.herald.is_heard() {
            self.status_at = Some(Instant::now());
            self.tell_again(Moment::Status(line(snapshot)));
        }
    }

    /// Somebody wants to hear of orders before they are carried out.
    pub(super) fn hears_orders(&self) -> bool {
        self.herald.is_heard()
    }

    /// Tells of an order that may be carried out; the answer comes as [`News::OrderTold`].
    pub(super) fn tell_order(&mut self, name: &str) {
        self.tell(Moment::InteractiveCommand(name.to_owned()), false);
    }

    /// Tells of a thing that happens again and again, unless its hooks are still busy with the last time.
    pub(super) fn tell_again(&mut self, moment: Moment) {
        if self.running.contains(&moment.name()) {
            tracing::debug!("the {} hooks are still busy", moment.name());
            return;
        }
        self.running.push(moment.name());
        self.tell(moment, false);
    }

    fn tell(&mut self, moment: Moment, waited_for: bool) {
        let (hooks, facts) = self.herald.word();
        let end = self.end.asked();
        self.jobs.start(async move {
            let result = hooks.run(&moment, &facts, end.asked()).await;
            Ended::Told {
                moment,
                waited_for,
                result,
            }
        });
    }

    fn count(&mut self, now: &Now<'_>, waited_for: bool) {
        let (sessions, work) = (now.sessions.clone(), Arc::clone(now.work));
        let end = self.end_count.asked();
        self.counting = true;
        self.jobs.start(async move {
            let result = count::rows(&sessions, &work, end).await;
            Ended::Counted { waited_for, result }
        });
    }

    /// The next end of something. Waits for ever while nothing is under way. Cancel safe.
    pub(super) async fn next(&mut self) -> Result<Ended, String> {
        self.jobs.next().await
    }

    /// Takes note of an end.
    ///
    /// # Errors
    /// It was waited for, and it failed.
    pub(super) fn ended(&mut self, ended: Ended) -> Result<News, Failure> {
        match ended {
            Ended::Told {
                moment,
                waited_for,
                result,
            } => {
                self.took_step(waited_for);
                self.running.retain(|name| *name != moment.name());
                if matches!(moment, Moment::InteractiveCommand(_)) {
                    return Ok(News::OrderTold(result));
                }
                result.or_else(|failure| bearable(waited_for, failure))?;
                Ok(News::None)
            }
            Ended::Counted { waited_for, result } => {
                self.took_step(waited_for);
                self.counting = false;
                match result {
                    Counted::Rows(rows) => {
                        tracing::info!("exact number of rows: {rows}");
                        self.herald.counted(rows);
                        if !waited_for {
                            self.tell(Moment::RowcountComplete, false);
                        }
                        Ok(News::Rows(rows))
                    }
                    Counted::Ended => Ok(News::None),
                    Counted::Failed(failure) => bearable(waited_for, failure).map(|()| News::None),
                }
            }
        }
    }

    fn took_step(&mut self, waited_for: bool) {
        self.order.under_way &= !waited_for;
    }

    /// Ends everything. After a good end, hooks that are still running may finish first.
    pub(super) async fn wind_down(mut self, well: bool) {
        self.end_count.ask();
        if well {
            let last = Duration::from_millis(LAST_MS_MAX);
            let _ = tokio::time::timeout(last, drain(&mut self.jobs)).await;
        }
        self.end.ask();
        let limit = Duration::from_millis(END_MS_MAX);
        if tokio::time::timeout(limit, drain(&mut self.jobs)).await.is_err() {
            tracing::warn!("hooks or the count of rows have not ended within {limit:?}");
        }
    }
}

async fn drain(jobs: &mut Jobs<Ended>) {
    while !jobs.is_empty() {
        let _ = jobs.next().await;
    }
}

/// What nobody waited for is only told.
fn bearable(waited_for: bool, failure: Failure) -> Result<(), Failure> {
    if waited_for {
        return Err(failure);
    }
    tracing::warn!("{failure}");
    Ok(())
}

/// The run at this moment.
#[derive(Clone, Copy)]
pub(super) struct Now<'a> {
    pub(super) snapshot: &'a Snapshot,
    /// All rows are copied.
    pub(super) copied: bool,
    /// The flag file is there.
    pub(super) postponed: bool,
    pub(super) sessions: &'a Sessions,
    pub(super) work: &'a Arc<Work>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(order: &mut Order) -> Vec<String> {
        let mut names = Vec::new();
        while let Some(step) = order.next() {
            assert!(!order.is_clear() && order.next().is_none(), "one at a time");
            names.push(match step {
                Step::Tell(moment) => moment.name().to_owned(),
                Step::Count => "count".to_owned(),
            });
            order.under_way = false;
        }
        names
    }

    #[test]
    fn steps_come_in_gh_osts_order() {
        let mut order = Order::new(true);
        assert_eq!(
            names(&mut order),
            ["validated", "count", "rowcount-complete", "before-row-copy"]
        );
        order.copied();
        order.postponed(true);
        assert_eq!(
            names(&mut order),
            ["row-copy-complete", "before-cut-over", "begin-postponed"]
        );
        assert!(order.is_clear());
    }

    #[test]
    fn a_count_beside_the_copy_is_no_step() {
        assert_eq!(names(&mut Order::new(false)), ["validated", "before-row-copy"]);
    }

    #[test]
    fn each_beginning_of_a_postponement_is_told() {
        let mut order = Order::new(false);
        names(&mut order);
        let mut told = |now| {
            order.postponed(now);
            names(&mut order).len()
        };
        assert_eq!([true, true, false, true].map(&mut told), [1, 0, 0, 1]);
    }
}
