//! `cargo test --test cases [NAME…]`: every folder of `localtests/cases/` is a test on a real server.
//!
//! The format of a folder and what is compared are told in `localtests/README.md`.

mod runner;
mod support;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

use runner::{Case, Suite};
use support::{Outcome, Server};

/// Cases wait more than they work, for marks and for status lines.
const THREADS: usize = 4;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(THREADS);
    match trials(arguments.list) {
        Ok(trials) => libtest_mimic::run(&arguments, trials).exit_code(),
        Err(trouble) => {
            eprintln!("error: {trouble}");
            ExitCode::FAILURE
        }
    }
}

/// The checks of the runner itself first, then a trial for each case and placement, and its rehearsal on the replica.
fn trials(list_only: bool) -> Outcome<Vec<Trial>> {
    let cases = Case::all()?;
    let suite = if list_only {
        Suite::offline()
    } else {
        Suite::open(Server::from_env()?, Server::replica_from_env()?)?
    };
    let mut trials = runner::selftests(&suite);
    for case in cases {
        trials.extend(suite.trials(case));
    }
    Ok(trials)
}
