//! The user's side: flags in, a checked [`Config`] out; failures and reports rendered for people or programs.
//!
//! [`args`] is what was typed, [`check`] makes a `Config` of it and of the option file and the environment, [`render`]
//! is how every run ends. No module below this one prints, exits or reads flags.

pub mod args;
pub mod check;
pub mod log;
pub mod option_file;
pub mod redact;
pub mod render;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use crate::config::{Config, LogFormat};
use crate::error::{Exit, Failure};
use args::{Cli, Command};

/// Reads the command line into a `Config`. If there is nothing to run (help, version, wrong flags), everything has
/// been said and the exit code is returned.
pub fn config(argv: Vec<OsString>) -> Result<Config, ExitCode> {
    let Command::Alter(args) = match Cli::try_parse_from(&argv) {
        Ok(cli) => cli.command,
        Err(error) => return Err(unparsed(&error, &argv)),
    };
    let format = args.output.log_format;
    check::config(*args, &check::Surroundings::real()).map_err(|problems| {
        for problem in &problems {
            render::to_stderr(&render::failure(problem, &[], format));
        }
        exit_code(Exit::Usage)
    })
}

/// The process's exit code.
pub fn exit_code(exit: Exit) -> ExitCode {
    ExitCode::from(exit as u8)
}

/// Help and version are no errors. Everything else is shown as clap says it, without what may be a password.
fn unparsed(error: &clap::Error, argv: &[OsString]) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let _ = error.print();
            exit_code(Exit::Done)
        }
        _ => {
            render::to_stderr(&unparsed_text(error, argv));
            exit_code(Exit::Usage)
        }
    }
}

fn unparsed_text(error: &clap::Error, argv: &[OsString]) -> String {
    let text = redact::passwords(&error.render().to_string(), argv);
    if !wants_json(argv) {
        return text;
    }
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let what = lines
        .next()
        .unwrap_or("the flags are wrong")
        .trim_start_matches("error: ")
        .to_string();
    let failure = lines.fold(Failure::usage(what), |failure, line| failure.detail(line));
    render::failure(&failure, &[], LogFormat::Json)
}

/// Flags that cannot be parsed may still say how they want to hear of it.
fn wants_json(argv: &[OsString]) -> bool {
    let joined = argv.iter().any(|arg| arg == "--log-format=json");
    joined
        || argv
            .windows(2)
            .any(|pair| pair.iter().eq(["--log-format", "json"].iter()))
}

/// The long names of all flags of `alter`.
fn flag_names() -> impl Iterator<Item = String> {
    let command = <Cli as clap::CommandFactory>::command();
    let alter = command.find_subcommand("alter").cloned().unwrap_or_default();
    alter
        .get_arguments()
        .filter_map(|arg| arg.get_long().map(str::to_string))
        .collect::<Vec<_>>()
        .into_iter()
}
