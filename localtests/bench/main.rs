//! `bench`: ghost-rs next to the server's own ALTER and other tools, on one server, in one run.
//!
//! `scripts/bench` starts it on a sandbox of its own. What it prints are ratios and distributions of that run, each
//! next to its target; nothing passes or fails by time, because the machine decides that as much as the program does. What a
//! benchmark must not hide makes the exit code 1: a run that failed, an error at a writer, a row too many or too few.
//!
//! One thread drives everything; only the sessions of `swap` have threads of their own.

mod arena;
mod bare;
mod changes;
mod figures;
mod idle;
mod load;
mod machine;
mod process;
mod server;
mod status;
mod swap;
mod sysbench;
mod tools;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;

use arena::Arena;
use figures::Report;

/// Anything that makes measuring pointless.
type Error = Box<dyn std::error::Error + Send + Sync>;
type Outcome<T = ()> = Result<T, Error>;

/// ghost-rs next to the server's own ALTER and other tools. Use `scripts/bench`.
#[derive(Parser)]
struct Cli {
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    #[arg(long)]
    port: u16,
    /// The program under test [default: the one built next to this one].
    #[arg(long, default_value_os_t = built_beside())]
    ghost_rs: PathBuf,
    /// Where reports and the output of every program go.
    #[arg(long)]
    out: PathBuf,
    /// Small tables and few repetitions: to try the benchmark, not the program.
    #[arg(long)]
    quick: bool,
    /// Only these parts [idle, load, changes, swap].
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// After so many minutes no further repetition begins.
    #[arg(long, default_value_t = 25)]
    minutes: u64,
}

/// `target/release/examples/bench` goes with `target/release/ghost-rs`.
fn built_beside() -> PathBuf {
    let this = std::env::current_exe().unwrap_or_default();
    this.parent()
        .and_then(Path::parent)
        .unwrap_or(Path::new("."))
        .join("ghost-rs")
}

type Part = (&'static str, fn(&mut Arena, &mut Report) -> Outcome);

const PARTS: [Part; 4] = [
    ("idle", idle::measure),
    ("load", load::measure),
    ("changes", changes::measure),
    ("swap", swap::measure),
];

fn main() -> ExitCode {
    process::end_children_on_signals();
    match measure(Cli::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench: error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// True if nothing went wrong that a benchmark must not hide.
fn measure(cli: Cli) -> Outcome<bool> {
    let mut arena = Arena::open(cli)?;
    let mut report = Report::new(machine::describe(&mut arena)?);
    print!("{}", report.heading());
    for (name, part) in PARTS {
        if !arena.wants(name) {
            continue;
        }
        part(&mut arena, &mut report)?;
        print!("{}", report.newest());
        report.write(arena.out())?;
    }
    print!("{}", report.ending(arena.out()));
    Ok(report.is_sound())
}
