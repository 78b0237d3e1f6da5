//! `ghost-rs ctl`: a word to a run that is under way.

use clap::Subcommand;

const EXAMPLES: &str = "\
Examples:
  ghost-rs ctl shop.orders status
  ghost-rs ctl shop.orders pause
  ghost-rs ctl shop.orders set max-load=Threads_running=25
  ghost-rs ctl shop.orders set 'chunk-size=?'
  ghost-rs ctl /tmp/gh-ost.shop.orders.sock cut-over orders
  ghost-rs ctl shop.orders status --json | jq .run.status.state

Exit codes: 0 done; 2 wrong arguments; 3 refused by the run, nothing was changed; 6 no run listens there;
7 no answer in time: it is not known whether the command was carried out, so ask for status.";

/// The arguments of `ctl`.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct CtlArgs {
    /// The run: SCHEMA.TABLE (on this machine, with the socket in its usual place), or the path of its socket
    #[arg(value_name = "SOCKET|SCHEMA.TABLE")]
    pub run: String,

    /// What to do
    #[command(subcommand)]
    pub action: Action,

    /// Print the answer as one JSON object: ok, command, answer (lines), run (status, knobs)
    #[arg(long, global = true)]
    pub json: bool,

    /// Seconds until an answer must be there [1 to 600]
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 70)]
    pub timeout: u64,
}

/// What `ctl` can ask for.
#[derive(Subcommand, Clone, Debug)]
pub enum Action {
    /// How far the run is, and its settings
    Status,
    /// Copy and apply nothing until resumed; the binlog is still read
    Pause,
    /// Go on after pause
    Resume,
    /// Change a setting, or see it with NAME=?
    Set {
        /// Such as chunk-size=500, max-load=Threads_running=25 or nice-ratio=?
        #[arg(value_name = "NAME=VALUE")]
        setting: String,
    },
    /// Swap now, although the flag file is there
    CutOver {
        /// The table that you mean; taken from SCHEMA.TABLE where that is given
        table: Option<String>,
    },
    /// End the run; the table stays as it was
    Abort {
        /// The table that you mean; taken from SCHEMA.TABLE where that is given
        table: Option<String>,
    },
}
