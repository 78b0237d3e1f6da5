//! Servers: which one is read, which one is written.

use crate::config::Secret;

/// Flags of the group "Servers".
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Servers")]
pub struct TopologyArgs {
    /// The server given is the primary itself: read the binlog there
    #[arg(long)]
    pub allow_on_master: bool,

    /// Two servers that replicate from each other are intended
    #[arg(long)]
    pub allow_master_master: bool,

    /// Where the primary is, instead of asking the replica
    #[arg(long, value_name = "HOST[:PORT]")]
    pub assume_master_host: Option<String>,

    /// Account at the primary [default: the same as at the replica]
    #[arg(long, value_name = "NAME")]
    pub master_user: Option<String>,

    /// Password at the primary [default: the same as at the replica]; prefer the environment
    /// (GHOST_RS_MASTER_PASSWORD)
    #[arg(long, value_name = "PASSWORD", allow_hyphen_values = true, value_parser = super::secret)]
    pub master_password: Option<Secret>,

    /// Change the table on the replica given, and only there
    #[arg(long)]
    pub migrate_on_replica: bool,

    /// Change the table on the replica given, swap and swap back, and leave both tables to compare
    #[arg(long)]
    pub test_on_replica: bool,

    /// With --test-on-replica: do not stop replication before the swap
    #[arg(long)]
    pub test_on_replica_skip_replica_stop: bool,

    /// Follow the binlog by GTID; --gtid=false: by file and position [default: by GTID where it is on]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", hide_possible_values = true)]
    pub gtid: Option<bool>,

    /// Set binlog_format=ROW on the replica and restart its replication
    #[arg(long)]
    pub switch_to_rbr: bool,

    /// The replica's binlog has row events, whatever its binlog_format says
    #[arg(long)]
    pub assume_rbr: bool,

    /// Server id under which the binlog is read; no replica may have the same [1 to 4294967295; default: 99999]
    #[arg(long, value_name = "ID")]
    pub replica_server_id: Option<u64>,
}
