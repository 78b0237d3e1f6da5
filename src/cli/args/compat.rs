//! Accepted for gh-ost's sake: they change nothing, and the log says so once, with the reason (`cli::check::compat`).

/// Flags of the group "Accepted for gh-ost's sake".
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Accepted for gh-ost's sake, and changing nothing")]
pub struct CompatArgs {
    /// Connections are utf8mb4 always
    #[arg(long, value_name = "LIST")]
    pub charset: Option<String>,

    /// Servers are told apart by their UUID, no port is compared
    #[arg(long)]
    pub skip_port_validation: bool,

    /// A lost binlog connection is made again up to 30 times in a row
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub binlogsyncer_max_reconnect_attempts: Option<i64>,

    /// Name the primary with --assume-master-host
    #[arg(long)]
    pub tungsten: bool,

    /// The server itself is asked what it can do
    #[arg(long)]
    pub aliyun_rds: bool,

    /// The server itself is asked what it can do
    #[arg(long)]
    pub gcp: bool,

    /// The server itself is asked what it can do
    #[arg(long)]
    pub azure: bool,

    /// A socket file that nobody listens on is replaced without it
    #[arg(long)]
    pub initially_drop_socket_file: bool,

    /// innodb or rocksdb: sessions are READ COMMITTED, which works with both
    #[arg(long, value_name = "NAME")]
    pub storage_engine: Option<String>,

    /// A nullable key is refused all the same
    #[arg(long)]
    pub allow_nullable_unique_key: bool,

    /// Foreign keys from and to the table are looked for all the same
    #[arg(long)]
    pub skip_foreign_key_checks: bool,

    /// Values that do not fit are errors all the same
    #[arg(long)]
    pub skip_strict_mode: bool,

    /// What would be a warning is an error always
    #[arg(long)]
    pub panic_on_warnings: bool,

    /// Lag is measured by rows of our own
    #[arg(long, value_name = "SQL")]
    pub replication_lag_query: Option<String>,

    /// atomic, default or two-step: the swap is atomic always
    #[arg(long, value_name = "KIND")]
    pub cut_over: Option<String>,

    /// Statistics of the new table are made before the swap always
    #[arg(long)]
    pub analyze_ghost_table_before_cutover: bool,

    /// The session that renames is the one that holds the lock
    #[arg(long)]
    pub allow_setup_metadata_lock_instruments: bool,

    /// Who holds the table is looked at all the same
    #[arg(long)]
    pub skip_metadata_lock_check: bool,

    /// Errors say what, where and what to do, without a stack
    #[arg(long)]
    pub stack: bool,
}
