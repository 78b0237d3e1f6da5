//! How many sessions may copy at the same time.

use std::time::Duration;

/// Sessions that copy unless the user says otherwise, at most. More have not been seen to help, and each is a
/// transaction that the server must keep undo for.
const WORKERS_MAX: u32 = 8;
/// Where the search begins.
const WORKERS_FIRST: u32 = 2;
/// While others commit, their statements need the server's processors too: a second session of ours brought the copy
/// little and doubled their p95 (measured on two processors).
const WORKERS_BUSY_MAX: u32 = 1;
/// A change in the number of workers is judged over so many chunks of each worker.
const CHUNKS_JUDGED: u32 = 3;
/// One more worker must bring so much more, or it is taken back.
const GAIN_MIN: f64 = 1.08;
/// A commit that takes so many times longer than before we began is a server that suffers…
const COMMIT_SLOWER_MAX: u32 = 8;
/// …but no commit faster than this is called slow.
const COMMIT_SLOW_MIN: Duration = Duration::from_millis(40);
/// So many chunks must have gone well before shed workers come back.
const CALM_CHUNKS: u32 = 8;

/// Finds the number of workers by trying one more and looking at the rows per second.
#[derive(Clone, Debug)]
pub struct Workers {
    max: u32,
    allowed: u32,
    /// Found to bring nothing: not tried again.
    useless_from: u32,
    trial: Option<Trial>,
    window: Window,
    baseline: Option<Duration>,
    calm: u32,
}

#[derive(Clone, Copy, Debug)]
struct Trial {
    rows_per_s_before: f64,
}

/// What was copied since the number of workers last changed.
#[derive(Clone, Copy, Debug, Default)]
struct Window {
    chunks: u32,
    rows: u64,
    worker_seconds: f64,
}

impl Window {
    fn rows_per_s(&self, workers: u32) -> f64 {
        self.rows as f64 * f64::from(workers) / self.worker_seconds.max(0.001)
    }
}

impl Workers {
    /// `max`: the user's limit.
    pub fn new(max: Option<u32>) -> Self {
        let limit = max.unwrap_or(WORKERS_MAX).max(1);
        Self {
            max: limit,
            allowed: WORKERS_FIRST.min(limit),
            useless_from: limit + 1,
            trial: None,
            window: Window::default(),
            baseline: None,
            calm: 0,
        }
    }

    /// Sessions that may copy now, given how many batches of changed keys wait to be flushed, and whether others commit.
    pub fn allowed(&self, batches_waiting: usize, others: bool) -> u32 {
        let allowed = if others {
            self.allowed.min(WORKERS_BUSY_MAX)
        } else {
            self.allowed
        };
        match batches_waiting {
            0..=4 => allowed,
            5..=20 => allowed.min(1),
            _ => 0,
        }
    }

    /// A chunk took its worker so long.
    pub fn copied(&mut self, rows: u64, took: Duration) {
        self.calm = self.calm.saturating_add(1);
        self.window.chunks += 1;
        self.window.rows += rows;
        self.window.worker_seconds += took.as_secs_f64();
        if self.window.chunks >= CHUNKS_JUDGED * self.allowed && self.calm >= CALM_CHUNKS {
            self.judge();
        }
    }

    /// A mark's commit took so long, while we were copying or not, and others were committing or not. Says whether that
    /// is a sign of suffering, and then takes one worker away, unless one was taken a moment ago.
    pub fn committed(&mut self, took: Duration, copying: bool, others: bool) -> bool {
        if !copying {
            self.baseline = Some(self.baseline.map_or(took, |known| (known * 7 + took) / 8));
            return false;
        }
        let limit = (self.baseline.unwrap_or_default() * COMMIT_SLOWER_MAX).max(COMMIT_SLOW_MIN);
        let suffers = others && took > limit;
        if suffers && self.calm > 0 {
            self.set(self.allowed.saturating_sub(1).max(1));
            self.trial = None;
        }
        if suffers {
            self.calm = 0;
        }
        suffers
    }

    fn judge(&mut self) {
        let rows_per_s = self.window.rows_per_s(self.allowed);
        match self.trial.take() {
            Some(trial) if rows_per_s < trial.rows_per_s_before * GAIN_MIN => {
                self.useless_from = self.allowed;
                self.set(self.allowed - 1);
            }
            _ if self.allowed < self.max && self.allowed + 1 < self.useless_from => {
                self.trial = Some(Trial {
                    rows_per_s_before: rows_per_s,
                });
                self.set(self.allowed + 1);
            }
            _ => self.window = Window::default(),
        }
    }

    fn set(&mut self, allowed: u32) {
        self.allowed = allowed.clamp(1, self.max);
        self.window = Window::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHUNK: Duration = Duration::from_millis(500);

    /// Runs chunks on a server on which the whole of `n` workers copies `speed(n)` rows per second.
    fn run(workers: &mut Workers, chunks: u32, speed: impl Fn(u32) -> f64) {
        for _ in 0..chunks {
            let each = speed(workers.allowed) / f64::from(workers.allowed);
            workers.copied((each * CHUNK.as_secs_f64()) as u64, CHUNK);
        }
    }

    #[test]
    fn grows_while_it_pays_and_takes_the_useless_one_back() {
        let mut workers = Workers::new(None);
        run(&mut workers, 200, |n| 100_000.0 * f64::from(n.min(4)));
        assert_eq!(workers.allowed(0, false), 4);
    }

    #[test]
    fn the_users_limit_holds() {
        let mut workers = Workers::new(Some(1));
        run(&mut workers, 200, |n| 100_000.0 * f64::from(n));
        assert_eq!(workers.allowed(0, false), 1);
    }

    #[test]
    fn slow_commits_shed_workers_down_to_one() {
        let mut workers = Workers::new(None);
        let (slow, slower) = (Duration::from_millis(30), Duration::from_millis(60));
        assert!(!workers.committed(Duration::from_millis(2), false, true));
        assert!(
            !workers.committed(slow, true, true),
            "below what is ever called slow"
        );
        assert!(
            !workers.committed(slower, true, false),
            "nobody is there to suffer"
        );
        for _ in 0..10 {
            workers.copied(1, CHUNK);
            assert!(workers.committed(slower, true, true));
        }
        assert_eq!(workers.allowed(0, false), 1);
        run(&mut workers, 200, |n| 100_000.0 * f64::from(n.min(2)));
        assert_eq!(workers.allowed(0, false), 2, "they come back when it is calm");
    }

    #[test]
    fn a_backlog_of_changes_goes_before_the_copy() {
        let workers = Workers::new(None);
        assert_eq!(
            (
                workers.allowed(4, false),
                workers.allowed(5, false),
                workers.allowed(21, false)
            ),
            (2, 1, 0)
        );
    }
}
