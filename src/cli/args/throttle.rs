//! Throttling: when to hold back.

use std::path::PathBuf;

/// Flags of the group "Throttling".
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Throttling")]
pub struct ThrottleArgs {
    /// Milliseconds of replication lag above which nothing is written [10 to 3600000; default: 1500]
    #[arg(long, value_name = "MS")]
    pub max_lag_millis: Option<u64>,

    /// Replicas whose lag is watched, besides the one given with --host: HOST or HOST:PORT, separated by commas
    #[arg(long, value_name = "LIST")]
    pub throttle_control_replicas: Option<String>,

    /// Status variables that throttle above a value, as in Threads_running=25,Threads_connected=500
    #[arg(long, value_name = "LIST")]
    pub max_load: Option<String>,

    /// Status variables that end the run above a value
    #[arg(long, value_name = "LIST")]
    pub critical_load: Option<String>,

    /// Milliseconds after which a critical load must still be there to count [0 to 3600000; default: 0]
    #[arg(long, value_name = "MS")]
    pub critical_load_interval_millis: Option<u64>,

    /// Seconds to sleep on a critical load instead of ending; 0: end [0 to 604800; default: 0]
    #[arg(long, value_name = "SECONDS")]
    pub critical_load_hibernate_seconds: Option<u64>,

    /// A query on the server that is written; a result above 0 throttles
    #[arg(long, value_name = "SQL")]
    pub throttle_query: Option<String>,

    /// A URL asked with HEAD; any answer but 200 throttles
    #[arg(long, value_name = "URL")]
    pub throttle_http: Option<String>,

    /// Milliseconds between two requests to --throttle-http [10 to 3600000; default: 100]
    #[arg(long, value_name = "MS")]
    pub throttle_http_interval_millis: Option<u64>,

    /// Milliseconds that --throttle-http has for its answer [10 to 60000; default: 1000]
    #[arg(long, value_name = "MS")]
    pub throttle_http_timeout_millis: Option<u64>,

    /// No answer from --throttle-http does not throttle
    #[arg(long)]
    pub ignore_http_errors: bool,

    /// Nothing is written while this file exists
    #[arg(long, value_name = "PATH", value_parser = super::path())]
    pub throttle_flag_file: Option<PathBuf>,

    /// A second such file, for all runs of a machine [default: /tmp/gh-ost.throttle]
    #[arg(long, value_name = "PATH", value_parser = super::path())]
    pub throttle_additional_flag_file: Option<PathBuf>,

    /// Pause after each chunk, as a multiple of the chunk's own time [0 to 100; default: 0]
    #[arg(long, value_name = "RATIO", allow_negative_numbers = true)]
    pub nice_ratio: Option<f64>,
}
