//! `ghost-rs verify`: two tables are compared, and the exit code says whether they are equal.

use std::process::ExitCode;

use super::{args::compare::CompareArgs, check, log, refused, render, run};
use crate::config::{LogConfig, LogLevel};
use crate::migrate::{self, Ended};
use crate::status::Screen;

/// Compares, and prints what was found.
pub fn run(args: &CompareArgs) -> ExitCode {
    let format = args.output.log_format;
    let (connection, request) = match check::compare::request(args, &check::Machine) {
        Ok(checked) => checked,
        Err(problems) => return refused(&problems, format),
    };
    let level = match (args.output.quiet, args.output.debug) {
        (true, _) => LogLevel::Error,
        (_, true) => LogLevel::Debug,
        _ => LogLevel::Info,
    };
    let log = LogConfig { format, level };
    log::start(&log, Screen::new(&log));
    match run::runtime() {
        Ok(runtime) => {
            let compared = runtime.block_on(migrate::compare::compare(&connection, &request));
            let outcome = compared.map_err(|failure| Ended {
                failure,
                state: Vec::new(),
            });
            render::outcome(&outcome, format)
        }
        Err(error) => run::no_runtime(&error, format),
    }
}
