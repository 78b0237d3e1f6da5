//! The limits of a run, out of its configuration and of what the engine says of its rows.

use super::{
    begin::Begun,
    conductor::{Conductor, Limits},
};
use crate::{
    config::Config,
    pace::{ChunkSizer, Workers},
    verify::Ledger,
};

/// From so many rows on, the engine's average row length is one.
const ROWS_KNOWN_MIN: u64 = 1_000;

impl Begun {
    /// What will decide about each step.
    pub(super) fn conductor(&self, config: &Config) -> Conductor {
        let limits = Limits {
            flush_lanes: config.flush_lanes as usize,
            batch_keys: config.flush_batch_keys as usize,
            heartbeat: config.heartbeat,
            dirty_keys_max: config.dirty_keys_max as usize,
            dirty_bytes_max: config.dirty_bytes_max as usize,
        };
        // The engine's averages over few rows are about pages, not rows; after a rebuild they lag behind for a while.
        let row_bytes = (self.rows_estimate >= ROWS_KNOWN_MIN).then_some(self.row_bytes);
        let sizer = ChunkSizer::new(config.chunk_target, row_bytes, config.chunk_rows);
        let exact = self.work.key.exact_identity();
        let looks = ChunkSizer::new(config.chunk_target, row_bytes, config.chunk_rows);
        let ledger = Ledger::new(
            config.verification.verify,
            exact,
            looks,
            limits.dirty_keys_max,
            limits.dirty_bytes_max,
        );
        let workers = Workers::new(config.workers_max);
        Conductor::new(exact, limits, sizer, workers, ledger, self.subject.whole())
    }
}
