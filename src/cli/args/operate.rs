//! Control, hooks, metrics: what people and programs can do with a run, and hear of it.

use std::path::PathBuf;

/// Flags of the group "Control, hooks, metrics".
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Control, hooks, metrics")]
pub struct OperateArgs {
    /// Unix socket for commands [default: /tmp/gh-ost.DATABASE.TABLE.sock]
    #[arg(long, value_name = "PATH", value_parser = super::path())]
    pub serve_socket_file: Option<PathBuf>,

    /// TCP port for commands, on 127.0.0.1, or address:port; whoever reaches it may stop the run [default: none]
    #[arg(long, value_name = "PORT")]
    pub serve_tcp_port: Option<String>,

    /// The commands unpostpone and cut-over must name the table
    #[arg(long)]
    pub force_named_cut_over: bool,

    /// The command panic must name the table
    #[arg(long)]
    pub force_named_panic: bool,

    /// End the run at once when this file appears
    #[arg(long, value_name = "PATH", value_parser = super::path())]
    pub panic_flag_file: Option<PathBuf>,

    /// Folder of the programs gh-ost-on-… and ghost-rs-on-…
    #[arg(long, value_name = "PATH", value_parser = super::path())]
    pub hooks_path: Option<PathBuf>,

    /// Told to each hook as GH_OST_HOOKS_HINT
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub hooks_hint: Option<String>,

    /// Told to each hook as GH_OST_HOOKS_HINT_OWNER
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub hooks_hint_owner: Option<String>,

    /// Told to each hook as GH_OST_HOOKS_HINT_TOKEN
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub hooks_hint_token: Option<String>,

    /// Seconds between two runs of the status hook; 0: never [0 to 86400; default: 60]
    #[arg(long, value_name = "SECONDS")]
    pub hooks_status_interval: Option<u64>,

    /// A hook that takes longer is ended, with everything it has started [1 to 86400; default: 300]
    #[arg(long, value_name = "SECONDS")]
    pub hooks_timeout_seconds: Option<u64>,

    /// Send metrics to this statsd daemon (UDP), or to its socket (unix:///path)
    #[arg(long, value_name = "HOST:PORT")]
    pub statsd_addr: Option<String>,

    /// Tags of each metric, name:value, separated by commas; may be given more than once
    #[arg(long, value_name = "LIST")]
    pub statsd_tags: Vec<String>,

    /// Seconds between two figures of what ghost-rs itself takes, besides the run's own each second; 0: none [0 to 3600; default: 10]
    #[arg(long, value_name = "SECONDS")]
    pub runtime_metrics_interval: Option<u64>,
}
