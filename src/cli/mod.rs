//! The user's side: flags in, a checked [`Config`] out; failures and reports rendered for people or programs.
//!
//! [`args`] is what was typed, [`check`] makes a `Config` of it and of the option file and the environment, [`render`]
//! is how every run ends. No module below this one exits or reads flags.
//!
//! A link named `gh-ost` to the program is `ghost-rs alter`, and the flags of `alter` may be spelled as Go's ([`go_style`]).

pub mod args;
pub mod check;
pub mod check_flag;
mod compare;
mod ctl;
#[cfg(test)]
mod flags_doc;
pub mod go_style;
pub mod log;
pub mod option_file;
pub mod redact;
pub mod render;
pub mod run;

use std::ffi::{OsStr, OsString};
use std::path::Path;
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
    /// What is not wrong but should stand in the log, as a warning.
    pub warnings: Vec<&'static str>,
    /// Flags that were accepted and change nothing, with the reason; for the log.
    pub notes: Vec<String>,
}

/// Reads the command line. If there is nothing to run (help, version, wrong flags, a word to another run), everything
/// has been said and the exit code is returned.
pub fn order(argv: Vec<OsString>) -> Result<Order, ExitCode> {
    let argv = as_alter(argv);
    let understood = understood(&argv)?;
    let args = match Cli::try_parse_from(&understood) {
        Ok(cli) => match cli.command {
            Command::Alter(args) => args,
            Command::Verify(args) => return Err(compare::run(&args)),
            Command::Ctl(args) => return Err(ctl::run(&args)),
        },
        Err(error) => return Err(unparsed(&error, &argv)),
    };
    let format = args.output.log_format;
    let warnings = check::notes::warnings(&args);
    let notes = check::notes::notes(&args);
    let config = check::config(*args, &check::Machine).map_err(|problems| refused(&problems, format))?;
    Ok(Order {
        config,
        warnings,
        notes,
    })
}

/// The program under gh-ost's name (`gh-ost`, or with something after it, as in `gh-ost-1.1`) takes gh-ost's flags, without
/// a subcommand.
fn as_alter(argv: Vec<OsString>) -> Vec<OsString> {
    let program = argv.first().and_then(|program| Path::new(program).file_name());
    let name = program.and_then(OsStr::to_str).unwrap_or_default();
    let link = name == "gh-ost" || name.starts_with("gh-ost-");
    let mut argv = argv.into_iter();
    let program = argv.next();
    let subcommand = link.then(|| OsString::from("alter"));
    program.into_iter().chain(subcommand).chain(argv).collect()
}

/// The command line with the flags of `alter` as clap spells them. `--check-flag` is answered here.
fn understood(argv: &[OsString]) -> Result<Vec<OsString>, ExitCode> {
    let Some((head, flags)) = argv
        .split_at_checked(2)
        .filter(|(head, _)| head.ends_with(&["alter".into()]))
    else {
        return Ok(argv.to_vec());
    };
    let format = if wants_json(argv) {
        LogFormat::Json
    } else {
        LogFormat::Text
    };
    let command = alter_command();
    let rewritten = go_style::rewritten(flags, &command).map_err(|problem| refused(&[problem], format))?;
    if rewritten.iter().any(|arg| arg == "--check-flag") {
        let unknown = check_flag::problem(flags, &command);
        return Err(unknown.map_or(exit_code(Exit::Done), |problem| refused(&[problem], format)));
    }
    Ok(head.iter().cloned().chain(rewritten).collect())
}

fn refused(problems: &[Failure], format: LogFormat) -> ExitCode {
    problems
        .iter()
        .for_each(|problem| render::to_stderr(&render::failure(problem, &[], format)));
    exit_code(Exit::Usage)
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
    let joined = |arg: &OsString| arg == "--log-format=json" || arg == "-log-format=json";
    let apart = |pair: &[OsString]| matches!(pair, [flag, value] if (flag == "--log-format" || flag == "-log-format") && value == "json");
    argv.iter().any(joined) || argv.windows(2).any(apart)
}

/// The subcommand `alter` with all its flags.
pub fn alter_command() -> clap::Command {
    let cli = <Cli as clap::CommandFactory>::command();
    cli.find_subcommand("alter").cloned().unwrap_or_default()
}
