//! How fast, and how the swap is tried: numbers within their bounds.

use std::time::Duration;

use super::Problems;
use crate::cli::args::pace::PaceArgs;
use crate::cli::args::swap::SwapArgs;
use crate::config;

/// The checked flags of the group "Pace".
pub(super) struct Pace {
    pub(super) workers_max: Option<u32>,
    pub(super) chunk_rows: Option<u64>,
    pub(super) chunk_target: Duration,
    pub(super) flush_batch_keys: u32,
    pub(super) flush_lanes: u32,
    pub(super) heartbeat: Duration,
    pub(super) dirty_keys_max: u64,
    pub(super) dirty_bytes_max: u64,
}

pub(super) fn pace(args: &PaceArgs, p: &mut Problems) -> Pace {
    Pace {
        workers_max: p.or_none("--workers", args.workers, config::WORKERS),
        chunk_rows: p.or_none("--chunk-size", args.chunk_size, config::CHUNK_ROWS),
        chunk_target: p.millis(
            "--chunk-target-millis",
            args.chunk_target_millis,
            config::CHUNK_TARGET_MILLIS,
        ),
        flush_batch_keys: config::flush_batch_keys(p.or_default(
            "--dml-batch-size",
            args.dml_batch_size,
            config::FLUSH_BATCH_KEYS,
        )),
        flush_lanes: p.or_default("--flush-lanes", args.flush_lanes, config::FLUSH_LANES),
        heartbeat: p.millis(
            "--heartbeat-interval-millis",
            args.heartbeat_interval_millis,
            config::HEARTBEAT_MILLIS,
        ),
        dirty_keys_max: p.or_default("--dirty-keys-max", args.dirty_keys_max, config::DIRTY_KEYS),
        dirty_bytes_max: megabytes(p.or_default(
            "--dirty-megabytes-max",
            args.dirty_megabytes_max,
            config::DIRTY_MEGABYTES,
        )),
    }
}

/// The checked flags of the group "Swap".
pub(super) struct Swap {
    pub(super) lock_timeout: Duration,
    pub(super) window: Duration,
    pub(super) retries: u32,
    pub(super) backoff_max: Duration,
}

pub(super) fn swap(args: &SwapArgs, p: &mut Problems) -> Swap {
    Swap {
        lock_timeout: Duration::from_secs(p.or_default(
            "--cut-over-lock-timeout-seconds",
            args.cut_over_lock_timeout_seconds,
            config::CUT_OVER_LOCK_TIMEOUT_SECONDS,
        )),
        window: p.millis(
            "--cut-over-window-millis",
            args.cut_over_window_millis,
            config::CUT_OVER_WINDOW_MILLIS,
        ),
        retries: p.or_default("--default-retries", args.default_retries, config::RETRIES),
        backoff_max: backoff_max(args, p),
    }
}

/// The limit counts only together with `--cut-over-exponential-backoff`, as in gh-ost, whose scripts may give it always.
fn backoff_max(args: &SwapArgs, p: &mut Problems) -> Duration {
    let flag = "--exponential-backoff-max-interval";
    let seconds = p.or_default(
        flag,
        args.exponential_backoff_max_interval,
        config::BACKOFF_SECONDS,
    );
    Duration::from_secs(if args.cut_over_exponential_backoff {
        seconds
    } else {
        config::BACKOFF_SECONDS_UNSAID
    })
}

fn megabytes(count: u64) -> u64 {
    count.saturating_mul(1 << 20)
}
