//! The command line, and everything else is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ghost_rs::cli::run::main(std::env::args_os().collect())
}
