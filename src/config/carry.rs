//! What goes along with the rows, and how the helper tables are called.

/// Wishes about the new table that are not in the ALTER, and about the helpers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carry {
    /// Triggers of the table are carried to the new one.
    pub triggers: bool,
    /// Appended to the names of the carried triggers. Empty: the names stay.
    pub trigger_suffix: String,
    /// A name that has the suffix already loses it instead.
    pub remove_trigger_suffix: bool,
    /// Foreign keys of the table are not carried over: they are gone after the swap.
    pub discard_foreign_keys: bool,
    /// Dates with a zero day or month are taken though the server's `sql_mode` forbids them.
    pub allow_zero_in_date: bool,
    /// Ask the server for an instant ALTER first.
    pub attempt_instant: bool,
    /// Count the rows instead of believing the statistics.
    pub exact_row_count: bool,
    /// Count while copying instead of before.
    pub concurrent_row_count: bool,
    /// The stem of the helpers' names instead of the table's name.
    pub force_table_names: Option<String>,
    /// The old table's name has the time of the run in it.
    pub timestamp_old_table: bool,
}
