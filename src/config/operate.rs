//! What people and programs can do with a run while it is under way: socket, hooks, metrics.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::Bounds;

/// Where commands are taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Control {
    /// Path of the Unix socket. `None`: `/tmp/gh-ost.SCHEMA.TABLE.sock`.
    pub socket: Option<PathBuf>,
    /// TCP address, on request; 127.0.0.1 unless an address was given.
    pub tcp: Option<SocketAddr>,
}

/// Programs that are run at certain moments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hooks {
    /// The folder with `gh-ost-on-*` and `ghost-rs-on-*`.
    pub path: Option<PathBuf>,
    /// Told to each hook as `GH_OST_HOOKS_HINT`.
    pub hint: String,
    /// `GH_OST_HOOKS_HINT_OWNER`.
    pub hint_owner: String,
    /// `GH_OST_HOOKS_HINT_TOKEN`.
    pub hint_token: String,
    /// Time between two runs of the status hook; zero: it is never run.
    pub status_interval: Duration,
    /// A hook that takes longer is ended ([`HOOK_SECONDS`]).
    pub limit: Duration,
}

/// Figures for a statsd daemon.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metrics {
    /// `host:port` of the daemon (UDP), or `unix:///path` of its socket. `None`: no metrics.
    pub statsd: Option<String>,
    /// `name:value` tags of each figure, in DogStatsD's form.
    pub tags: Vec<String>,
    /// Time between two reports of what this process takes; zero: none. How far the run is is told each second.
    pub interval: Duration,
}

/// `--hooks-status-interval`, seconds; gh-ost's default.
pub const HOOKS_STATUS_SECONDS: Bounds = Bounds::new(0, 60, 86_400);
/// `--hooks-timeout-seconds`. A hook that waits for somebody's answer takes minutes; an hour is a hook that hangs.
pub const HOOK_SECONDS: Bounds = Bounds::new(1, 300, 86_400);
/// `--runtime-metrics-interval`, seconds; gh-ost's default.
pub const METRICS_SECONDS: Bounds = Bounds::new(0, 10, 3_600);
