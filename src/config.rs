//! What the user wants, checked: flags, option file and environment have become one immutable [`Config`].
//!
//! A `Config` is made in one place (`cli::check`), which reports every problem at once; whoever holds one may
//! rely on each limit named here. Nothing in it comes from the server: what the server says makes a plan of it.
//! What an operator may change while a run is under way does not live here either.

mod carry;
mod operate;
mod throttling;
mod topology;
mod verification;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

pub use carry::Carry;
pub use operate::{Control, HOOK_SECONDS, HOOKS_STATUS_SECONDS, Hooks, METRICS_SECONDS, Metrics};
pub use throttling::{
    Address, CRITICAL_LOAD_HIBERNATE_SECONDS, CRITICAL_LOAD_INTERVAL_MILLIS, HTTP_INTERVAL_MILLIS,
    HTTP_TIMEOUT_MILLIS, MAX_LAG_MILLIS, NICE_RATIO_MAX, Thresholds, Throttling, addresses, is_url,
};
pub use topology::{Mode, Topology};
pub use verification::{VERIFY_SWAP_BUDGET_MILLIS, Verification, Verify};

/// A run of `ghost-rs alter`, as asked for. Never changed once it is made.
#[derive(Clone, Debug)]
pub struct Config {
    /// How to reach the inspected server: the primary, or a replica that leads to it.
    pub connection: Connection,
    /// Which servers are read and written.
    pub topology: Topology,
    /// The schema (database) of the table.
    pub schema: String,
    /// The table to change.
    pub table: String,
    /// The ALTER text as given: clauses alone, or a whole `ALTER TABLE …` that names the same table.
    pub alter: String,

    /// Do it. Otherwise a dry run: say what would happen and leave everything as it is.
    pub execute: bool,
    /// The renames found in the ALTER are meant as renames: their values are carried over.
    pub approve_renamed_columns: bool,
    /// The renames found are a dropped and an added column: values are not carried over.
    pub skip_renamed_columns: bool,
    /// Drop the old table after the swap instead of leaving it as `_table_del`.
    pub ok_to_drop_table: bool,
    /// Drop a ghost table that an earlier run of ours left behind.
    pub initially_drop_ghost_table: bool,
    /// Drop an old table that an earlier run of ours left behind.
    pub initially_drop_old_table: bool,

    /// Sessions that copy rows at the same time, at most ([`WORKERS`]). `None`: found by measuring.
    pub workers_max: Option<u32>,
    /// Rows of a chunk ([`CHUNK_ROWS`]). `None`: as many as fit into [`Config::chunk_target`].
    pub chunk_rows: Option<u64>,
    /// How long the statement of one chunk should take.
    pub chunk_target: Duration,
    /// Keys applied by one transaction, at most ([`FLUSH_BATCH_KEYS`]).
    pub flush_batch_keys: u32,
    /// Sessions that apply changed keys at the same time ([`FLUSH_LANES`]).
    pub flush_lanes: u32,
    /// Time between two marks while nobody waits for one ([`HEARTBEAT_MILLIS`]).
    pub heartbeat: Duration,
    /// Changed keys kept in memory, at most. Beyond it the copy rests until they are applied.
    pub dirty_keys_max: u64,
    /// Bytes of those keys, at most.
    pub dirty_bytes_max: u64,
    /// The server id under which the binlog is read; no replica of this server may have the same.
    pub replica_server_id: u32,

    /// How long the swap's `LOCK TABLES` may wait, in whole seconds ([`CUT_OVER_LOCK_TIMEOUT_SECONDS`]).
    pub cut_over_lock_timeout: Duration,
    /// Wall-clock budget from the lock granted to the lock released ([`CUT_OVER_WINDOW_MILLIS`]); when it is over,
    /// the attempt is given up and the lock released.
    pub cut_over_window: Duration,
    /// Attempts at the swap, at most.
    pub cut_over_retries: u32,
    /// As long as this file exists, the swap waits.
    pub postpone_cut_over_flag_file: Option<PathBuf>,

    /// Before the attempt at the swap, pauses grow up to this.
    pub cut_over_backoff_max: Duration,
    /// When this file appears, the run ends at once.
    pub panic_flag_file: Option<PathBuf>,
    /// `unpostpone` and `cut-over` must name the table.
    pub force_named_cut_over: bool,
    /// `panic` must name the table.
    pub force_named_panic: bool,

    /// What is compared before the swap.
    pub verification: Verification,
    /// What goes along with the rows.
    pub carry: Carry,
    /// When to hold back.
    pub throttling: Throttling,
    /// Where commands are taken.
    pub control: Control,
    /// Programs run at certain moments.
    pub hooks: Hooks,
    /// Figures for statsd.
    pub metrics: Metrics,
    /// What is printed, and how.
    pub log: LogConfig,
}

/// Where the server is and who we are.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Host name or address. Only for messages if a socket is given.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Path of the Unix socket. If given, TCP and TLS are not used.
    pub socket: Option<PathBuf>,
    /// Account name.
    pub user: String,
    /// Its password; empty if it has none.
    pub password: Secret,
    /// Encryption of TCP connections.
    pub tls: Tls,
    /// How long getting a session may take, TCP, TLS and authentication together.
    pub connect_timeout: Duration,
}

impl Connection {
    /// How messages name the server: `host:port`, or the socket's path.
    pub fn server(&self) -> String {
        match &self.socket {
            Some(path) => path.display().to_string(),
            None => address(&self.host, self.port),
        }
    }
}

/// `host:port`, with an IPv6 address in brackets.
pub fn address(host: &str, port: u16) -> String {
    if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

/// Encryption of a TCP connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// Whether to encrypt.
    pub mode: TlsMode,
    /// PEM file of the authorities that may have signed the server's certificate. `None`: the public ones.
    pub ca: Option<PathBuf>,
    /// PEM file of our own certificate, for accounts that `REQUIRE X509`.
    pub cert: Option<PathBuf>,
    /// PEM file of that certificate's private key.
    pub key: Option<PathBuf>,
    /// Accept any certificate of any host: encrypted, but nobody knows to whom.
    pub allow_insecure: bool,
}

/// Whether TCP connections are encrypted. There is no "if the server can": a server, or somebody between us and it,
/// must not be able to talk us out of encryption.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TlsMode {
    /// Plain TCP. Passwords are still not sent in the clear (`caching_sha2_password` uses the server's RSA key).
    #[default]
    Off,
    /// Encrypted, or no connection.
    Required,
}

/// What goes to the terminal, the pipe or the log collector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogConfig {
    /// Lines for people or objects for programs. Holds for status, log and errors alike.
    pub format: LogFormat,
    /// How much is logged. [`LogLevel::Error`] also silences the status.
    pub level: LogLevel,
}

/// How status, log and errors are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// How much is logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogLevel {
    /// Errors only, and no status.
    Error,
    /// What happens, and warnings.
    #[default]
    Info,
    /// Every decision.
    Debug,
}

/// A password. It is shown to nobody: `Debug` and `Display` print `***`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a password.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The password itself, for the handshake and nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is no password.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// What a number may be, and what it is if nothing is said.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The smallest value allowed.
    pub min: u64,
    /// The largest value allowed.
    pub max: u64,
    /// The value if nothing is said.
    pub default: u64,
}

impl Bounds {
    const fn new(min: u64, default: u64, max: u64) -> Self {
        Self { min, max, default }
    }

    /// Whether a value is allowed.
    pub fn contain(&self, value: u64) -> bool {
        (self.min..=self.max).contains(&value)
    }
}

/// `--workers`. More than 64 sessions copying only wait for one another. The default is found by measuring.
pub const WORKERS: Bounds = Bounds::new(1, 0, 64);
/// `--chunk-size`, rows. The default is found from the time a chunk takes.
pub const CHUNK_ROWS: Bounds = Bounds::new(10, 0, 100_000);
/// `--chunk-target-millis`. Longer statements hold back purge and cannot be shed quickly.
pub const CHUNK_TARGET_MILLIS: Bounds = Bounds::new(10, 500, 10_000);
/// `--dml-batch-size`, keys of one transaction. gh-ost's values are taken, but see [`flush_batch_keys`].
pub const FLUSH_BATCH_KEYS: Bounds = Bounds::new(1, 1_000, 10_000);
/// Fewer keys to a transaction make every key pay for a commit; gh-ost's usual 10 would cost most of the speed.
pub const FLUSH_BATCH_KEYS_USEFUL: u32 = 100;
/// `--flush-lanes`, sessions.
pub const FLUSH_LANES: Bounds = Bounds::new(1, 4, 16);
/// `--heartbeat-interval-millis`. A second without a mark already delays every fence by a second.
pub const HEARTBEAT_MILLIS: Bounds = Bounds::new(10, 100, 1_000);
/// `--dirty-keys-max`.
pub const DIRTY_KEYS: Bounds = Bounds::new(10_000, 2_000_000, 1_000_000_000);
/// `--dirty-megabytes-max`; a BIGINT key takes some 60 bytes, so two million of them are about 120 MB.
pub const DIRTY_MEGABYTES: Bounds = Bounds::new(16, 256, 65_536);
/// `--cut-over-lock-timeout-seconds`, gh-ost's bounds: every statement on the table queues behind a waiting lock.
pub const CUT_OVER_LOCK_TIMEOUT_SECONDS: Bounds = Bounds::new(1, 3, 10);
/// `--cut-over-window-millis`: the longest stall that the application may see from one attempt.
pub const CUT_OVER_WINDOW_MILLIS: Bounds = Bounds::new(50, 1_000, 30_000);
/// `--default-retries`.
pub const RETRIES: Bounds = Bounds::new(1, 60, 10_000);
/// `--exponential-backoff-max-interval`, seconds; gh-ost's default.
pub const BACKOFF_SECONDS: Bounds = Bounds::new(2, 64, 3_600);
/// The longest pause between two attempts at the swap, where nothing was said.
pub const BACKOFF_SECONDS_UNSAID: u64 = 30;
/// `--replica-server-id`.
pub const SERVER_ID: Bounds = Bounds::new(1, 99_999, u32::MAX as u64);
/// `--mysql-timeout`, in milliseconds.
pub const CONNECT_TIMEOUT_MILLIS: Bounds = Bounds::new(100, 10_000, 600_000);

/// Keys of one transaction, where so many were asked for: never fewer than [`FLUSH_BATCH_KEYS_USEFUL`].
pub fn flush_batch_keys(asked: u32) -> u32 {
    asked.max(FLUSH_BATCH_KEYS_USEFUL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_shown_to_nobody() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret} {secret:?} {secret:#?}"), "*** *** ***");
        assert_eq!(secret.expose(), "hunter2");
    }

    #[test]
    fn a_server_is_named_as_one_reaches_it() {
        let mut connection = Connection {
            host: "db1".into(),
            port: 3306,
            socket: None,
            user: "u".into(),
            password: Secret::default(),
            tls: Tls::default(),
            connect_timeout: Duration::from_secs(1),
        };
        assert_eq!(connection.server(), "db1:3306");
        connection.host = "::1".into();
        assert_eq!(connection.server(), "[::1]:3306");
        connection.socket = Some("/run/mysqld.sock".into());
        assert_eq!(connection.server(), "/run/mysqld.sock");
    }
}
