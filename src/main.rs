//! Flags, a checked `Config`, the run, an exit code.

use std::process::ExitCode;

use ghost_rs::cli::{self, Order, log, render};
use ghost_rs::config::LogFormat;
use ghost_rs::error::{Exit, Failure};
use ghost_rs::migrate;
use ghost_rs::status::{Reporter, Screen};
use tokio::runtime::{Builder, Runtime};

/// One thread keeps up with the stream, one with the sessions; the server does the heavy work.
const WORKER_THREADS: usize = 2;

fn main() -> ExitCode {
    match cli::order(std::env::args_os().collect()) {
        Ok(order) => run(order),
        Err(code) => code,
    }
}

fn run(Order { config, warnings }: Order) -> ExitCode {
    let format = config.log.format;
    let screen = Screen::new(&config.log);
    log::start(&config.log, screen.clone());
    warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
    match runtime() {
        Ok(runtime) => {
            let outcome = runtime.block_on(migrate::alter(config, Reporter::new(screen)));
            render::outcome(&outcome, format)
        }
        Err(error) => no_runtime(&error, format),
    }
}

fn runtime() -> std::io::Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(WORKER_THREADS)
        .enable_all()
        .build()
}

fn no_runtime(error: &std::io::Error, format: LogFormat) -> ExitCode {
    let failure = Failure::new(Exit::Internal, "cannot start threads").detail(error.to_string());
    render::to_stderr(&render::failure(
        &failure,
        &["nothing was created on the server".to_string()],
        format,
    ));
    cli::exit_code(failure.exit)
}
