//! How much a run asks of the server at a time, as it begins.

use super::{
    begun::Begun,
    conductor::{Conductor, Limits},
};
use crate::{
    config::Config,
    knobs::Knobs,
    pace::{ChunkSizer, Workers},
    verify::Ledger,
};

/// From so many rows on, the engine's average row length is one.
const ROWS_KNOWN_MIN: u64 = 1_000;

/// The conductor of a run that has not begun.
pub(super) fn conductor(begun: &Begun, config: &Config) -> Conductor {
    let limits = Limits {
        flush_lanes: config.flush_lanes as usize,
        batch_keys: config.flush_batch_keys as usize,
        heartbeat: config.heartbeat,
        dirty_keys_max: config.dirty_keys_max as usize,
        dirty_bytes_max: config.dirty_bytes_max as usize,
    };
    // The engine's averages over few rows are about pages, not rows; after a rebuild they lag behind for a while.
    let row_bytes = (begun.rows_estimate >= ROWS_KNOWN_MIN).then_some(begun.row_bytes);
    let sizer = ChunkSizer::new(config.chunk_target, row_bytes, config.chunk_rows);
    let workers = Workers::new(config.workers_max);
    let exact = begun.work.key.exact_identity();
    let looks = ChunkSizer::new(config.chunk_target, row_bytes, config.chunk_rows);
    let (keys_max, bytes_max) = (limits.dirty_keys_max, limits.dirty_bytes_max);
    let ledger = Ledger::new(config.verification.verify, exact, looks, keys_max, bytes_max);
    let whole = begun.subject.whole();
    let mut conductor = Conductor::new(exact, limits, sizer, workers, ledger, whole);
    conductor.turn(&Knobs::new(config));
    conductor
}
