//! What an operator may change while a run is under way, and nothing else lives here.
//!
//! The run owns the knobs and hands out readers ([`tokio::sync::watch`]); only a command changes them. They start from
//! the [`Config`], which never changes.

use std::path::PathBuf;
use std::time::Duration;

use crate::config::{Address, Config, Thresholds};

/// The knobs of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Knobs {
    /// Rows of a chunk. `None`: as many as fit into the target time.
    pub chunk_rows: Option<u64>,
    /// Keys applied by one transaction, at most.
    pub flush_batch_keys: u32,
    /// Replication lag above which the run is throttled.
    pub max_lag: Duration,
    /// Status variables that throttle.
    pub max_load: Thresholds,
    /// Status variables that end the run, or make it hibernate.
    pub critical_load: Thresholds,
    /// Pause after each chunk, as a multiple of the time that the chunk took.
    pub nice_ratio: f64,
    /// A query on the primary that throttles when it gives more than 0.
    pub throttle_query: Option<String>,
    /// A URL that throttles with any answer but 200.
    pub throttle_http: Option<String>,
    /// Replicas whose lag is watched besides the inspected one.
    pub control_replicas: Vec<Address>,
    /// An operator has said `throttle`, and not yet `no-throttle`.
    pub paused: bool,
    /// While this file exists, the swap waits.
    pub postpone_file: Option<PathBuf>,
    /// An operator has said `cut-over`: the flag file does not hold the swap back any more.
    pub unpostponed: bool,
}

impl Knobs {
    /// As the command line says.
    pub fn new(config: &Config) -> Self {
        let throttling = &config.throttling;
        Self {
            chunk_rows: config.chunk_rows,
            flush_batch_keys: config.flush_batch_keys,
            max_lag: throttling.max_lag,
            max_load: throttling.max_load.clone(),
            critical_load: throttling.critical_load.clone(),
            nice_ratio: throttling.nice_ratio,
            throttle_query: throttling.query.clone(),
            throttle_http: throttling.http.clone(),
            control_replicas: throttling.control_replicas.clone(),
            paused: false,
            postpone_file: config.postpone_cut_over_flag_file.clone(),
            unpostponed: false,
        }
    }
}

/// Knobs as a run without flags has them.
#[cfg(test)]
pub(crate) fn fixture() -> Knobs {
    Knobs {
        chunk_rows: None,
        flush_batch_keys: 1_000,
        max_lag: Duration::from_millis(1_500),
        max_load: Thresholds::default(),
        critical_load: Thresholds::default(),
        nice_ratio: 0.0,
        throttle_query: None,
        throttle_http: None,
        control_replicas: Vec::new(),
        paused: false,
        postpone_file: None,
        unpostponed: false,
    }
}
