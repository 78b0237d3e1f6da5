//! Flags, a checked `Config`, the run, an exit code.

use std::process::ExitCode;

use ghost_rs::cli::{self, log, render};
use ghost_rs::config::{Config, LogFormat};
use ghost_rs::error::{Exit, Failure};
use ghost_rs::migrate;
use ghost_rs::status::{Reporter, Screen};

/// One thread keeps up with the stream, one with the sessions; the server does the heavy work.
const WORKER_THREADS: usize = 2;

fn main() -> ExitCode {
    match cli::config(std::env::args_os().collect()) {
        Ok(config) => run(config),
        Err(code) => code,
    }
}

fn run(config: Config) -> ExitCode {
    let format = config.log.format;
    let screen = Screen::new(&config.log);
    log::start(&config.log, screen.clone());
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKER_THREADS)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return no_runtime(&error, format),
    };
    let outcome = runtime.block_on(migrate::alter(config, Reporter::new(screen)));
    render::outcome(&outcome, format)
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
