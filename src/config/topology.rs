//! Which server is read and which one is written.

use super::{Address, Secret};

/// The servers of a run, as asked for. `connection` of the [`Config`](super::Config) leads to the *inspected* server.
#[derive(Clone, Debug, Default)]
pub struct Topology {
    /// Where the table is changed, seen from the inspected server.
    pub mode: Mode,
    /// The inspected server may itself be the primary (`--allow-on-master`).
    pub allow_on_master: bool,
    /// Two servers that replicate from each other are intended; the one found, or assumed, is written.
    pub allow_master_master: bool,
    /// Where the primary is, instead of looking for it.
    pub assume_master: Option<Address>,
    /// Account at the primary, where it differs from that at the inspected server.
    pub master_user: Option<String>,
    /// Its password.
    pub master_password: Option<Secret>,
    /// Follow the binlog by GTID or by file and position. `None`: by GTID where it is on.
    pub gtid: Option<bool>,
    /// Set `binlog_format=ROW` on the inspected replica and restart its replication.
    pub switch_to_rbr: bool,
    /// Take the inspected replica's binlog for row-based though its `binlog_format` says otherwise.
    pub assume_rbr: bool,
}

/// Where the table is changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// On the primary; the binlog is read from the inspected server, replica or primary.
    #[default]
    Primary,
    /// On the inspected replica, and stays so (`--migrate-on-replica`).
    MigrateOnReplica,
    /// On the inspected replica, swapped and swapped back, both tables left to compare (`--test-on-replica`).
    TestOnReplica {
        /// Replication is stopped before the swap (not with `--test-on-replica-skip-replica-stop`).
        stop_replication: bool,
    },
}
