//! The size of the next chunk, so that one takes about its target time.

use std::time::Duration;

/// Fewer rows would pay more for the commit than for the rows.
const ROWS_MIN: u64 = 500;
/// Unless the rows are so large that these few are a large transaction.
const ROWS_MIN_HUGE: u64 = 20;
/// More rows in one statement would be a long transaction whatever the clock says.
const ROWS_MAX: u64 = 100_000;
/// One chunk is one binlog transaction: it is written to the log in one piece while every other commit waits.
const BYTES_MAX_BUSY: u64 = 1 << 20;
/// When nobody else commits, nobody waits.
const BYTES_MAX_ALONE: u64 = 8 << 20;
/// The first chunks, before anything is known.
const ROWS_FIRST: u64 = 5_000;
/// A chunk may be so many times larger than the one before.
const GROWTH_MAX: f64 = 1.5;

/// While others commit, a chunk takes no longer than this: its commit stands in their way.
const TARGET_BUSY: Duration = Duration::from_millis(80);
/// The limit set by a collision grows by this part of it with each chunk that went well.
const COLLISION_GROWTH: u64 = 20;
/// The first chunks where the engine's statistics say nothing of the rows.
const ROWS_FIRST_UNKNOWN: u64 = 200;

/// Finds the number of rows of a chunk.
#[derive(Clone, Debug)]
pub struct ChunkSizer {
    target: Duration,
    rows: u64,
    row_bytes: Option<u64>,
    busy: bool,
    /// Set by a collision; grows slowly.
    collided: Option<u64>,
    fixed: bool,
}

impl ChunkSizer {
    /// `row_bytes`: the average row length by the engine's estimate, where that is worth something; `fixed`: the user's
    /// own number.
    pub fn new(target: Duration, row_bytes: Option<u64>, fixed: Option<u64>) -> Self {
        let first = if row_bytes.is_some() {
            ROWS_FIRST
        } else {
            ROWS_FIRST_UNKNOWN
        };
        let mut sizer = Self {
            target,
            rows: 0,
            row_bytes,
            busy: false,
            collided: None,
            fixed: fixed.is_some(),
        };
        sizer.rows = fixed.unwrap_or_else(|| sizer.within(first));
        sizer
    }

    /// An operator wants so many rows; `None`: found by measuring again, from where it stands.
    pub fn fix(&mut self, rows: Option<u64>) {
        self.fixed = rows.is_some();
        self.rows = rows.unwrap_or_else(|| self.within(self.rows));
    }

    /// Whether others commit too.
    pub fn others(&mut self, busy: bool) {
        self.busy = busy;
        if !self.fixed {
            self.rows = self.within(self.rows);
        }
    }

    /// Rows of the next chunk.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// A chunk of so many rows took so long.
    pub fn copied(&mut self, rows: u64, took: Duration) {
        if self.fixed || rows == 0 {
            return;
        }
        let target = if self.busy {
            self.target.min(TARGET_BUSY)
        } else {
            self.target
        };
        let per_target = rows as f64 * target.as_secs_f64() / took.as_secs_f64().max(0.001);
        self.collided = self.collided.map(|cap| cap + cap / COLLISION_GROWTH);
        let step = per_target.clamp(self.rows as f64 / 2.0, self.rows as f64 * GROWTH_MAX);
        self.rows = self.within(step as u64);
    }

    /// A unique value stood in the chunk's way, and all its rows go through the flush, which takes longer: until that
    /// becomes rare, so few rows at a time that most chunks meet none.
    pub fn collided(&mut self) {
        if !self.fixed {
            self.collided = Some((self.rows / 4).max(ROWS_MIN.min(self.rows)));
            self.rows = self.within(self.rows);
        }
    }

    /// Somebody waits for us: smaller pieces at once.
    pub fn shed(&mut self) {
        if !self.fixed {
            self.rows = self.within(self.rows * 3 / 4);
        }
    }

    fn within(&self, rows: u64) -> u64 {
        let max = self.rows_max();
        let min = if self.row_bytes.is_some() {
            ROWS_MIN
        } else {
            ROWS_MIN_HUGE
        };
        let max = self.collided.map_or(max, |cap| cap.min(max));
        rows.clamp(min.min(max), max)
    }

    fn rows_max(&self) -> u64 {
        let bytes = if self.busy {
            BYTES_MAX_BUSY
        } else {
            BYTES_MAX_ALONE
        };
        let rows = self
            .row_bytes
            .map_or(ROWS_MAX, |row_bytes| bytes / row_bytes.max(1));
        rows.clamp(ROWS_MIN_HUGE, ROWS_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizer() -> ChunkSizer {
        ChunkSizer::new(Duration::from_millis(500), Some(200), None)
    }

    #[test]
    fn grows_towards_the_target_in_steps_and_stops_at_the_bytes_of_a_transaction() {
        let mut sizer = sizer();
        sizer.others(false);
        sizer.copied(5_000, Duration::from_millis(50));
        assert_eq!(sizer.rows(), 7_500);
        for _ in 0..20 {
            sizer.copied(sizer.rows(), Duration::from_millis(50));
        }
        assert_eq!(sizer.rows(), BYTES_MAX_ALONE / 200);
        sizer.others(true);
        assert_eq!(
            sizer.rows(),
            BYTES_MAX_BUSY / 200,
            "others commit: smaller at once"
        );
    }

    #[test]
    fn shrinks_when_a_chunk_took_too_long_or_somebody_waits() {
        let mut sizer = sizer();
        sizer.copied(5_000, Duration::from_secs(5));
        assert_eq!(sizer.rows(), 2_500);
        sizer.shed();
        assert_eq!(sizer.rows(), 1_875);
        for _ in 0..10 {
            sizer.shed();
        }
        assert_eq!(sizer.rows(), ROWS_MIN);
    }

    #[test]
    fn huge_rows_make_small_chunks_and_a_fixed_size_stays() {
        assert_eq!(
            ChunkSizer::new(Duration::from_millis(500), Some(40 << 20), None).rows(),
            ROWS_MIN_HUGE
        );
        let mut fixed = ChunkSizer::new(Duration::from_millis(500), Some(200), Some(777));
        fixed.copied(777, Duration::from_secs(60));
        fixed.shed();
        fixed.others(false);
        assert_eq!(fixed.rows(), 777);
        fixed.fix(Some(1_000));
        fixed.copied(1_000, Duration::from_secs(60));
        assert_eq!(fixed.rows(), 1_000);
        fixed.fix(None);
        fixed.copied(1_000, Duration::from_secs(1));
        assert_eq!(fixed.rows(), 500);
    }

    #[test]
    fn a_collision_makes_small_chunks_for_a_while() {
        let mut sizer = sizer();
        sizer.collided();
        assert_eq!(sizer.rows(), 1_250);
        sizer.copied(1_250, Duration::from_millis(1));
        assert_eq!(sizer.rows(), 1_312);
        for _ in 0..200 {
            sizer.copied(sizer.rows(), Duration::from_millis(1));
        }
        assert_eq!(sizer.rows(), BYTES_MAX_ALONE / 200);
    }

    #[test]
    fn where_the_statistics_say_nothing_the_time_finds_the_size() {
        let mut sizer = ChunkSizer::new(Duration::from_millis(500), None, None);
        assert_eq!(sizer.rows(), ROWS_FIRST_UNKNOWN);
        sizer.copied(200, Duration::from_secs(10));
        assert_eq!(sizer.rows(), 100, "the rows are huge");
        for _ in 0..30 {
            sizer.copied(sizer.rows(), Duration::from_millis(sizer.rows() / 10));
        }
        assert_eq!(sizer.rows(), 5_000);
        sizer.others(true);
        for _ in 0..30 {
            sizer.copied(sizer.rows(), Duration::from_millis(sizer.rows() / 10));
        }
        assert_eq!(
            sizer.rows(),
            800,
            "others commit: a chunk is as long as they can wait"
        );
    }
}
