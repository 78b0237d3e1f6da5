//! Restart and going back. They parse; `cli::check` says what there is of them.

/// Flags of the group "Restart and going back".
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Restart and going back")]
pub struct ResumeArgs {
    /// Keep what a restart needs (not there yet: nothing is kept)
    #[arg(long)]
    pub checkpoint: bool,

    /// Seconds between two checkpoints (not there yet) [10 to 86400; default: 300]
    #[arg(long, value_name = "SECONDS")]
    pub checkpoint_seconds: Option<u64>,

    /// Go on from the checkpoint of a run that ended early (not there yet: refused)
    #[arg(long)]
    pub resume: bool,

    /// Go back to --old-table with the changes made since the swap (not there yet: refused)
    #[arg(long)]
    pub revert: bool,

    /// The old table of the run to go back from (not there yet: refused)
    #[arg(long, value_name = "NAME")]
    pub old_table: Option<String>,
}
