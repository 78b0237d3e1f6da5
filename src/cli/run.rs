//! From the command line to the exit code. It stands in the library, so that the binary is compiled in a second.

use std::ffi::OsString;
use std::process::ExitCode;

use tokio::runtime::{Builder, Runtime};

use super::{Order, exit_code, log, order, render};
use crate::config::LogFormat;
use crate::error::{Exit, Failure};
use crate::migrate;
use crate::status::{Reporter, Screen};

/// One thread keeps up with the sessions, one with the rest; the server does the heavy work.
const WORKER_THREADS: usize = 2;

/// Does what the command line asks for.
pub fn main(argv: Vec<OsString>) -> ExitCode {
    match order(argv) {
        Ok(order) => run(order),
        Err(code) => code,
    }
}

fn run(order: Order) -> ExitCode {
    let Order {
        config,
        warnings,
        notes,
    } = order;
    let format = config.log.format;
    let screen = Screen::new(&config.log);
    log::start(&config.log, screen.clone());
    warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
    notes.iter().for_each(|note| tracing::info!("{note}"));
    match runtime() {
        Ok(runtime) => {
            let outcome = runtime.block_on(migrate::alter(config, Reporter::new(screen)));
            let code = render::outcome(&outcome, format);
            // A look at a file system that does not answer has no limit of its own, and nobody waits for it any more.
            runtime.shutdown_background();
            code
        }
        Err(error) => no_runtime(&error, format),
    }
}

pub(super) fn runtime() -> std::io::Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(WORKER_THREADS)
        .enable_all()
        .build()
}

pub(super) fn no_runtime(error: &std::io::Error, format: LogFormat) -> ExitCode {
    let failure = Failure::new(Exit::Internal, "cannot start threads").detail(error.to_string());
    render::to_stderr(&render::failure(
        &failure,
        &["nothing was created on the server".to_string()],
        format,
    ));
    exit_code(failure.exit)
}
