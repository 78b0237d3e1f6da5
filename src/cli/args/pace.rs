//! Pace: how fast rows and changes are carried over.

/// Flags of the group "Pace".
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Pace")]
pub struct PaceArgs {
    /// Sessions copying rows at the same time, at most [1 to 64; default: found by measuring]
    #[arg(long, value_name = "N")]
    pub workers: Option<u64>,

    /// Rows of a chunk [10 to 100000; default: as many as --chunk-target-millis allows]
    #[arg(long, value_name = "ROWS")]
    pub chunk_size: Option<u64>,

    /// Milliseconds that copying a chunk should take [10 to 10000; default: 500]
    #[arg(long, value_name = "MS")]
    pub chunk_target_millis: Option<u64>,

    /// Changed rows applied by one transaction, at most; below 100 counts as 100 [1 to 10000; default: 1000]
    #[arg(long, value_name = "ROWS")]
    pub dml_batch_size: Option<u64>,

    /// Sessions applying changed rows at the same time [1 to 16; default: 4]
    #[arg(long, value_name = "N")]
    pub flush_lanes: Option<u64>,

    /// Milliseconds between two marks in the binlog [10 to 1000; default: 100]
    #[arg(long, value_name = "MS")]
    pub heartbeat_interval_millis: Option<u64>,

    /// Changed keys kept in memory; above it the copy rests [10000 to 1000000000; default: 2000000]
    #[arg(long, value_name = "N")]
    pub dirty_keys_max: Option<u64>,

    /// Megabytes of changed keys kept in memory [16 to 65536; default: 256]
    #[arg(long, value_name = "MB")]
    pub dirty_megabytes_max: Option<u64>,
}
