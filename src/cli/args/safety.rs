//! Safety: what is only done when it is said aloud.

/// Flags of the group "Safety".
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Safety")]
pub struct SafetyArgs {
    /// The columns that the ALTER seems to rename are renamed indeed: carry their values over
    #[arg(long)]
    pub approve_renamed_columns: bool,

    /// The columns that the ALTER seems to rename are not: the new ones start from their defaults
    #[arg(long)]
    pub skip_renamed_columns: bool,

    /// Drop the old table after the swap [default: it stays as _TABLE_del]
    #[arg(long)]
    pub ok_to_drop_table: bool,

    /// Drop a ghost table (_TABLE_gho) left over by an earlier run of ours before starting
    #[arg(long)]
    pub initially_drop_ghost_table: bool,

    /// Drop an old table (_TABLE_del) left over by an earlier run of ours before starting
    #[arg(long)]
    pub initially_drop_old_table: bool,
}
