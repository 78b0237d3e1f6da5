//! Rows and what goes along with them: triggers, foreign keys, counting, names.

/// Flags of the group "What goes along".
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "What goes along")]
pub struct CarryArgs {
    /// Carry the table's triggers to the new one
    #[arg(long)]
    pub include_triggers: bool,

    /// Append this to the names of the triggers [letters, digits, _; default: the names stay]
    #[arg(long, value_name = "TEXT")]
    pub trigger_suffix: Option<String>,

    /// A trigger whose name ends in --trigger-suffix already loses it instead
    #[arg(long)]
    pub remove_trigger_suffix_if_exists: bool,

    /// Go on without the table's foreign keys: the new table has none
    #[arg(long)]
    pub discard_foreign_keys: bool,

    /// Dates with a zero day or month may be defaults, and values made anew, though the server's sql_mode forbids them
    #[arg(long)]
    pub allow_zero_in_date: bool,

    /// Let the server do the ALTER instantly if it can (an empty twin is asked first); copy if it cannot
    #[arg(long)]
    pub attempt_instant_ddl: bool,

    /// Count the rows instead of believing the statistics
    #[arg(long)]
    pub exact_rowcount: bool,

    /// With --exact-rowcount: count while copying; --concurrent-rowcount=false: before [default: true]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", hide_possible_values = true)]
    pub concurrent_rowcount: Option<bool>,

    /// Stem of the helper tables' names (_STEM_gho …) [default: the table's name]
    #[arg(long, value_name = "NAME")]
    pub force_table_names: Option<String>,

    /// Put the time into the old table's name (_TABLE_20251231235959_del)
    #[arg(long)]
    pub timestamp_old_table: bool,
}
