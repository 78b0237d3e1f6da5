//! From what was typed to a checked [`Config`], with everything that is wrong reported at once.
//!
//! Flags come before the option file, the option file before defaults. The password is asked for last, and only when
//! nothing else is wrong. No message holds a value that may be a password.

mod connection;
mod what;

use std::path::Path;
use std::time::Duration;

use crate::cli::args::{self, AlterArgs};
use crate::config::{self, Bounds, Config, LogConfig, LogLevel};
use crate::error::Failure;

/// What a check may ask the machine for; tests bring their own.
pub struct Surroundings {
    /// An environment variable.
    pub env: Box<dyn Fn(&str) -> Option<String>>,
    /// A file's text.
    pub read: Box<dyn Fn(&Path) -> std::io::Result<String>>,
    /// A password, asked for on the terminal.
    pub ask: Box<dyn Fn(&str) -> std::io::Result<String>>,
}

impl Surroundings {
    /// This process's.
    pub fn real() -> Self {
        Self {
            env: Box::new(|name| std::env::var(name).ok()),
            read: Box::new(|path| std::fs::read_to_string(path)),
            ask: Box::new(|prompt| rpassword::prompt_password(prompt)),
        }
    }
}

/// What has been found wrong so far. Values that stand in for wrong ones never leave this module: with one problem
/// there is no `Config`.
#[derive(Default)]
struct Problems(Vec<Failure>);

impl Problems {
    fn add(&mut self, problem: Failure) {
        self.0.push(problem);
    }

    /// The value, or what stands in for it when it is wrong.
    fn take<T: Default>(&mut self, value: Result<T, Failure>) -> T {
        value.unwrap_or_else(|problem| {
            self.add(problem);
            T::default()
        })
    }

    /// A number within its bounds.
    fn number<T: TryFrom<u64> + Default>(&mut self, flag: &str, value: u64, bounds: Bounds) -> T {
        if !bounds.contain(value) {
            self.add(out_of_bounds(flag, value, bounds));
        }
        T::try_from(value).unwrap_or_default()
    }

    fn number_or_default<T: TryFrom<u64> + Default>(
        &mut self,
        flag: &str,
        value: Option<u64>,
        bounds: Bounds,
    ) -> T {
        self.number(flag, value.unwrap_or(bounds.default), bounds)
    }

    fn number_or_none<T: TryFrom<u64> + Default>(
        &mut self,
        flag: &str,
        value: Option<u64>,
        bounds: Bounds,
    ) -> Option<T> {
        value.map(|value| self.number(flag, value, bounds))
    }

    fn millis(&mut self, flag: &str, value: Option<u64>, bounds: Bounds) -> Duration {
        Duration::from_millis(self.number_or_default(flag, value, bounds))
    }
}

/// Checks the flags of `alter`. All problems are in the error, in the order of `--help`.
pub fn config(args: AlterArgs, world: &Surroundings) -> Result<Config, Vec<Failure>> {
    let mut problems = Problems::default();
    let found = connection::check(&args.connection, world, &mut problems);
    let what = what::check(&args.what, &mut problems);
    renames(&args.safety, &mut problems);
    let pace = Pace::check(&args.pace, &mut problems);
    let swap = Swap::check(&args.swap, &mut problems);
    if !problems.0.is_empty() {
        return Err(problems.0);
    }
    let connection =
        connection::with_password(found, &args.connection, world).map_err(|problem| vec![problem])?;
    Ok(Config {
        connection,
        schema: what.schema,
        table: what.table,
        alter: what.alter,
        execute: args.what.execute,
        allow_on_master: args.safety.allow_on_master,
        approve_renamed_columns: args.safety.approve_renamed_columns,
        skip_renamed_columns: args.safety.skip_renamed_columns,
        ok_to_drop_table: args.safety.ok_to_drop_table,
        initially_drop_ghost_table: args.safety.initially_drop_ghost_table,
        initially_drop_old_table: args.safety.initially_drop_old_table,
        workers_max: pace.workers_max,
        chunk_rows: pace.chunk_rows,
        chunk_target: pace.chunk_target,
        flush_batch_keys: pace.flush_batch_keys,
        flush_lanes: pace.flush_lanes,
        heartbeat: pace.heartbeat,
        dirty_keys_max: pace.dirty_keys_max,
        dirty_bytes_max: pace.dirty_bytes_max,
        replica_server_id: pace.replica_server_id,
        cut_over_lock_timeout: swap.lock_timeout,
        cut_over_window: swap.window,
        cut_over_retries: swap.retries,
        postpone_cut_over_flag_file: args.swap.postpone_cut_over_flag_file,
        log: log(&args.output),
    })
}

struct Pace {
    workers_max: Option<u32>,
    chunk_rows: Option<u64>,
    chunk_target: Duration,
    flush_batch_keys: u32,
    flush_lanes: u32,
    heartbeat: Duration,
    dirty_keys_max: u64,
    dirty_bytes_max: u64,
    replica_server_id: u32,
}

impl Pace {
    fn check(args: &args::pace::PaceArgs, problems: &mut Problems) -> Self {
        let megabytes: u64 = problems.number_or_default(
            "--dirty-megabytes-max",
            args.dirty_megabytes_max,
            config::DIRTY_MEGABYTES,
        );
        Self {
            workers_max: problems.number_or_none("--workers", args.workers, config::WORKERS),
            chunk_rows: problems.number_or_none("--chunk-size", args.chunk_size, config::CHUNK_ROWS),
            chunk_target: problems.millis(
                "--chunk-target-millis",
                args.chunk_target_millis,
                config::CHUNK_TARGET_MILLIS,
            ),
            flush_batch_keys: problems.number_or_default(
                "--dml-batch-size",
                args.dml_batch_size,
                config::FLUSH_BATCH_KEYS,
            ),
            flush_lanes: problems.number_or_default("--flush-lanes", args.flush_lanes, config::FLUSH_LANES),
            heartbeat: problems.millis(
                "--heartbeat-interval-millis",
                args.heartbeat_interval_millis,
                config::HEARTBEAT_MILLIS,
            ),
            dirty_keys_max: problems.number_or_default(
                "--dirty-keys-max",
                args.dirty_keys_max,
                config::DIRTY_KEYS,
            ),
            dirty_bytes_max: megabytes.saturating_mul(1 << 20),
            replica_server_id: problems.number_or_default(
                "--replica-server-id",
                args.replica_server_id,
                config::SERVER_ID,
            ),
        }
    }
}

struct Swap {
    lock_timeout: Duration,
    window: Duration,
    retries: u32,
}

impl Swap {
    fn check(args: &args::swap::SwapArgs, problems: &mut Problems) -> Self {
        let seconds = problems.number_or_default(
            "--cut-over-lock-timeout-seconds",
            args.cut_over_lock_timeout_seconds,
            config::CUT_OVER_LOCK_TIMEOUT_SECONDS,
        );
        Self {
            lock_timeout: Duration::from_secs(seconds),
            window: problems.millis(
                "--cut-over-window-millis",
                args.cut_over_window_millis,
                config::CUT_OVER_WINDOW_MILLIS,
            ),
            retries: problems.number_or_default("--default-retries", args.default_retries, config::RETRIES),
        }
    }
}

/// The two answers to a rename exclude each other.
fn renames(args: &args::safety::SafetyArgs, problems: &mut Problems) {
    if args.approve_renamed_columns && args.skip_renamed_columns {
        problems.add(
            Failure::usage("--approve-renamed-columns and --skip-renamed-columns say opposite things").hint(
                "keep the first if the values shall be carried over to the new names, the second if not",
            ),
        );
    }
}

fn log(args: &args::output::OutputArgs) -> LogConfig {
    let level = match (args.quiet, args.debug) {
        (true, _) => LogLevel::Error,
        (_, true) => LogLevel::Debug,
        _ => LogLevel::Info,
    };
    LogConfig {
        format: args.log_format,
        level,
    }
}

fn out_of_bounds(flag: &str, value: u64, bounds: Bounds) -> Failure {
    Failure::usage(format!("{flag} is {value}"))
        .hint(format!("give a number from {} to {}", bounds.min, bounds.max))
}
