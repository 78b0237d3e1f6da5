//! Swap: the moment when the tables exchange their names.

use std::path::PathBuf;

/// Flags of the group "Swap".
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Swap")]
pub struct SwapArgs {
    /// Seconds that the lock of the swap may be waited for; statements on the table queue behind it [1 to 10; default: 3]
    #[arg(long, value_name = "SECONDS")]
    pub cut_over_lock_timeout_seconds: Option<u64>,

    /// Milliseconds that the table may stay locked before the attempt is given up [50 to 30000; default: 1000]
    #[arg(long, value_name = "MS")]
    pub cut_over_window_millis: Option<u64>,

    /// Attempts at the swap before giving up [1 to 10000; default: 60]
    #[arg(long, value_name = "N")]
    pub default_retries: Option<u64>,

    /// Pauses between two attempts grow up to --exponential-backoff-max-interval; without this flag, up to 30 seconds
    #[arg(long)]
    pub cut_over_exponential_backoff: bool,

    /// Seconds between two attempts, at most [2 to 3600; default: 64]
    #[arg(long, value_name = "SECONDS")]
    pub exponential_backoff_max_interval: Option<u64>,

    /// Do not swap as long as this file exists
    #[arg(long, value_name = "PATH", value_parser = super::path())]
    pub postpone_cut_over_flag_file: Option<PathBuf>,
}
