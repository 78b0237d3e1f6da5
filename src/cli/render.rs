//! How a run ends, in words: `error:`, `detail:`, `hint:`, `state:`, or the same as one JSON object a line.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;

use serde_json::json;

use crate::config::LogFormat;
use crate::error::{Exit, Failure};
use crate::migrate::{Ended, Report};

/// A failure and what is on the server now, ready to print. Ends with a newline.
pub fn failure(failure: &Failure, state: &[String], format: LogFormat) -> String {
    match format {
        LogFormat::Text => text(failure, state),
        LogFormat::Json => object(failure, state),
    }
}

/// Prints how the run ended, and gives the process's exit code.
pub fn outcome(outcome: &Result<Report, Ended>, format: LogFormat) -> ExitCode {
    match outcome {
        Ok(done) => {
            let _ = std::io::stdout().write_all(report(done, format).as_bytes());
            super::exit_code(Exit::Done)
        }
        Err(ended) => {
            to_stderr(&failure(&ended.failure, &ended.state, format));
            super::exit_code(ended.failure.exit)
        }
    }
}

/// What a good run has to say, ready to print.
pub fn report(report: &Report, format: LogFormat) -> String {
    match format {
        LogFormat::Text => report
            .lines
            .iter()
            .fold(String::new(), |text, line| text + line + "\n"),
        LogFormat::Json => format!("{}\n", json!({ "report": report.lines })),
    }
}

/// Prints to standard error; if that is closed there is nobody left to tell.
pub fn to_stderr(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}

fn text(failure: &Failure, state: &[String]) -> String {
    let mut text = String::new();
    part(&mut text, "error", &failure.what);
    failure
        .detail
        .iter()
        .for_each(|line| part(&mut text, "detail", line));
    failure.hint.iter().for_each(|line| part(&mut text, "hint", line));
    state.iter().for_each(|line| part(&mut text, "state", line));
    text
}

/// A line that begins with its name; what would continue it on a second line is indented.
fn part(text: &mut String, name: &str, line: &str) {
    let _ = writeln!(text, "{name}: {}", line.trim_end().replace('\n', "\n    "));
}

fn object(failure: &Failure, state: &[String]) -> String {
    let object = json!({
        "error": failure.what,
        "detail": failure.detail,
        "hint": failure.hint,
        "state": state,
        "exit": failure.exit as u8,
    });
    format!("{object}\n")
}
