//! From what was typed to a checked [`Config`], with everything that is wrong reported at once.
//!
//! Flags come before the option file, the option file before defaults. The password is asked for last, and only when
//! nothing else is wrong. No message holds a value that may be a password.

mod carry;
pub mod compare;
mod compat;
mod connection;
pub mod notes;
mod operate;
mod pace;
mod resume;
mod throttling;
mod topology;
mod verification;
mod what;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::cli::args::AlterArgs;
use crate::cli::args::output::OutputArgs;
use crate::cli::args::safety::SafetyArgs;
use crate::config::{self, Bounds, Config, LogConfig, LogLevel};
use crate::error::Failure;

/// What a check may ask the machine for.
pub trait Surroundings {
    /// An environment variable that is set and not empty.
    fn env(&self, name: &str) -> Option<String>;
    /// A file's bytes.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// Whether a folder is there that may be looked into.
    fn is_folder(&self, path: &Path) -> bool;
    /// A password, asked for on the terminal.
    fn ask(&self, prompt: &str) -> io::Result<String>;
}

/// This process's surroundings.
#[derive(Debug)]
pub struct Machine;

impl Surroundings for Machine {
    fn env(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        std::fs::read(path)
    }

    fn is_folder(&self, path: &Path) -> bool {
        std::fs::read_dir(path).is_ok()
    }

    fn ask(&self, prompt: &str) -> io::Result<String> {
        rpassword::prompt_password(prompt)
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

    /// A number within its bounds; nothing said means the default.
    fn or_default<T>(&mut self, flag: &str, value: Option<u64>, bounds: Bounds) -> T
    where
        T: TryFrom<u64> + Default,
    {
        self.number(flag, value.unwrap_or(bounds.default), bounds)
    }

    /// A number within its bounds; nothing said means that it is found while running.
    fn or_none<T>(&mut self, flag: &str, value: Option<u64>, bounds: Bounds) -> Option<T>
    where
        T: TryFrom<u64> + Default,
    {
        value.map(|value| self.number(flag, value, bounds))
    }

    fn millis(&mut self, flag: &str, value: Option<u64>, bounds: Bounds) -> Duration {
        Duration::from_millis(self.or_default(flag, value, bounds))
    }
}

/// Checks the flags of `alter`. All problems are in the error, in the order of `--help`.
pub fn config(args: AlterArgs, world: &dyn Surroundings) -> Result<Config, Vec<Failure>> {
    let mut problems = Problems::default();
    let p = &mut problems;
    let file = connection::option_file(&args.connection, world, p);
    let connection = connection::check(&args.connection, &file, world, p);
    let what = what::check(&args.what, p);
    let topology = topology::check(&args.topology, world, p);
    let replica_server_id = p.or_default(
        "--replica-server-id",
        args.topology.replica_server_id,
        config::SERVER_ID,
    );
    renames(&args.safety, p);
    let carry = carry::check(&args.carry, p);
    let pace = pace::pace(&args.pace, p);
    let throttling = throttling::check(&args.throttle, p);
    let swap = pace::swap(&args.swap, p);
    resume::check(&args.resume, p);
    let mut config = Config {
        connection,
        topology,
        schema: what.schema,
        table: what.table,
        alter: what.alter,
        execute: args.what.execute,
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
        replica_server_id,
        cut_over_lock_timeout: swap.lock_timeout,
        cut_over_window: swap.window,
        cut_over_retries: swap.retries,
        cut_over_backoff_max: swap.backoff_max,
        postpone_cut_over_flag_file: given_path(args.swap.postpone_cut_over_flag_file.as_ref()),
        panic_flag_file: given_path(args.operate.panic_flag_file.as_ref()),
        force_named_cut_over: args.operate.force_named_cut_over,
        force_named_panic: args.operate.force_named_panic,
        verification: verification::check(&args.verification, p),
        carry,
        throttling,
        control: operate::control(&args.operate, p),
        hooks: operate::hooks(&args.operate, world, p),
        metrics: operate::metrics(&args.operate, p),
        log: log(&args.output),
    };
    compat::check(&args.compat, p);
    if !problems.0.is_empty() {
        return Err(problems.0);
    }
    config.connection.password = connection::password(&config.connection, &args.connection, &file, world)
        .map_err(|problem| vec![problem])?;
    Ok(config)
}

/// A path that was given; in gh-ost an empty one means none.
fn given_path(path: Option<&PathBuf>) -> Option<PathBuf> {
    path.filter(|path| !path.as_os_str().is_empty()).cloned()
}

/// The two answers to a rename exclude each other.
fn renames(args: &SafetyArgs, problems: &mut Problems) {
    if args.approve_renamed_columns && args.skip_renamed_columns {
        problems.add(
            Failure::usage("--approve-renamed-columns and --skip-renamed-columns say opposite things").hint(
                "keep the first if the values are to be carried over to the new names, the second if not",
            ),
        );
    }
}

fn log(args: &OutputArgs) -> LogConfig {
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

#[cfg(test)]
mod tests;
