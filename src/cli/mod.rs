//! The user's side: flags in, a checked [`Config`] out; failures and reports rendered for people or programs.
//!
//! [`args`] is what was typed, [`check`] makes a `Config` of it and of the option file and the environment, [`render`]
//! is how every run ends. No module below this one exits or reads flags.

pub mod args;
pub mod check;
mod ctl;
#[cfg(test)]
mod flags_doc;
pub mod log;
pub mod option_file;
pub mod redact;
pub mod render;
pub mod run;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use crate::config::{Config, LogFormat};
use crate::error::{Exit, Failure};
use args::{Cli, Command};

/// What the command line asks for.
#[derive(Debug)]
pub struct Order {
    /// The run.
    pub config: Config,
    /// What is not wrong but should stand in the log.
    pub warnings: Vec<&'static str>,
}

/// Reads the command line. If there is nothing to run (help, version, wrong flags, a word to another run), everything has been said and the
/// exit code is returned.
pub fn order(argv: Vec<OsString>) -> Result<Order, ExitCode> {
    let args = match Cli::try_parse_from(&argv) {
        Ok(cli) => match cli.command {
            Command::Alter(args) => args,
            Command::Ctl(args) => return Err(ctl::run(&args)),
        },
        Err(error) => return Err(unparsed(&error, &argv)),
    };
    let format = args.output.log_format;
    let warnings = check::warnings(&args);
    let config = check::config(*args, &check::Machine).map_err(|problems| {
        problems
            .iter()
            .for_each(|problem| render::to_stderr(&render::failure(problem, &[], format)));
        exit_code(Exit::Usage)
    })?;
    Ok(Order { config, warnings })
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

/// The subcommand `alter` with all its flags.
pub fn alter_command() -> clap::Command {
    let cli = <Cli as clap::CommandFactory>::command();
    cli.find_subcommand("alter").cloned().unwrap_or_default()
}
