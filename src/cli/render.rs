//! How a run ends, in words: `error:`, `detail:`, `hint:`, `state:`, or the same as one JSON object a line.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;

use serde::Serialize;
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
            to_stdout(&report(done, format));
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
        LogFormat::Json => match &report.verified {
            Some(verified) => format!("{}\n", json!({ "report": report.lines, "verified": verified })),
            None => format!("{}\n", json!({ "report": report.lines })),
        },
    }
}

/// Prints to standard output; if that is closed there is nobody left to tell.
pub fn to_stdout(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
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
    failure
        .gh_ost
        .iter()
        .for_each(|words| in_gh_ost(&mut text, words));
    text
}

/// Up to 1.1.7 gh-ost's messages begin with a capital letter, later ones do not, and a script may look for either.
fn in_gh_ost(text: &mut String, words: &str) {
    part(text, "gh-ost", &format!("ERROR {words}"));
    part(text, "gh-ost", &format!("FATAL {words}"));
    let later = words.get(..1).unwrap_or_default().to_ascii_lowercase() + words.get(1..).unwrap_or_default();
    if later != words {
        part(text, "gh-ost", &format!("FATAL {later}"));
    }
}

/// A line that begins with its name; what would continue it on a second line is indented.
fn part(text: &mut String, name: &str, line: &str) {
    let _ = writeln!(text, "{name}: {}", line.trim_end().replace('\n', "\n    "));
}

/// A failure for programs; the order of the fields is that of the lines.
#[derive(Serialize)]
struct Object<'a> {
    error: &'a str,
    detail: &'a [String],
    hint: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a serde_json::Value>,
    state: &'a [String],
    exit: u8,
}

fn object(failure: &Failure, state: &[String]) -> String {
    let object = Object {
        error: &failure.what,
        detail: &failure.detail,
        hint: failure.hint.as_deref(),
        data: failure.data.as_deref(),
        state,
        exit: failure.exit as u8,
    };
    serde_json::to_string(&object).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> (Failure, Vec<String>) {
        let failure = Failure::refused("no usable key")
            .detail("table: shop.orders")
            .detail("key k: nullable\nkey l: prefix")
            .hint("add a PRIMARY KEY");
        (failure, vec!["`shop`.`orders` is as it was".to_string()])
    }

    #[test]
    fn every_part_has_its_line() {
        let (failure, state) = full();
        let wanted = "error: no usable key\ndetail: table: shop.orders\ndetail: key k: nullable\n    key l: prefix\n\
                      hint: add a PRIMARY KEY\nstate: `shop`.`orders` is as it was\n";
        assert_eq!(super::failure(&failure, &state, LogFormat::Text), wanted);
        assert_eq!(
            super::failure(&Failure::failed("gone"), &[], LogFormat::Text),
            "error: gone\n"
        );
    }

    #[test]
    fn gh_ost_s_words_are_there_in_both_spellings() {
        let failure = Failure::refused("no usable key").in_gh_ost("No key! Bailing out");
        assert_eq!(
            super::failure(&failure, &["as it was".to_owned()], LogFormat::Text),
            "error: no usable key\nstate: as it was\ngh-ost: ERROR No key! Bailing out\n\
             gh-ost: FATAL No key! Bailing out\ngh-ost: FATAL no key! Bailing out\n"
        );
        let failure = Failure::failed("gone").in_gh_ost("warnings detected");
        assert_eq!(
            super::failure(&failure, &[], LogFormat::Text),
            "error: gone\ngh-ost: ERROR warnings detected\ngh-ost: FATAL warnings detected\n"
        );
    }

    #[test]
    fn json_is_one_line() {
        let (failure, state) = full();
        let wanted = r#"{"error":"no usable key","detail":["table: shop.orders","key k: nullable\nkey l: prefix"],"hint":"add a PRIMARY KEY","state":["`shop`.`orders` is as it was"],"exit":3}"#;
        assert_eq!(
            super::failure(&failure, &state, LogFormat::Json),
            format!("{wanted}\n")
        );
        let report = Report {
            lines: vec!["all well".into()],
            verified: None,
            instant: false,
        };
        assert_eq!(
            super::report(&report, LogFormat::Json),
            "{\"report\":[\"all well\"]}\n"
        );
        assert_eq!(super::report(&report, LogFormat::Text), "all well\n");
    }

    /// A new variant does not compile here until it is listed, and fails below until it is documented.
    fn all_exits() -> Vec<Exit> {
        let next = |exit: &Exit| match exit {
            Exit::Done => Some(Exit::Internal),
            Exit::Internal => Some(Exit::Usage),
            Exit::Usage => Some(Exit::Refused),
            Exit::Refused => Some(Exit::Failed),
            Exit::Failed => Some(Exit::Interrupted),
            Exit::Interrupted => Some(Exit::Unreachable),
            Exit::Unreachable => Some(Exit::Unknown),
            Exit::Unknown => Some(Exit::SuccessHook),
            Exit::SuccessHook => None,
        };
        std::iter::successors(Some(Exit::Done), next).collect()
    }

    #[test]
    fn every_exit_code_is_documented_and_no_other() {
        let doc = include_str!("../../docs/errors.md");
        let is_row =
            |line: &&str| line.starts_with("| ") && line.chars().nth(2).is_some_and(|c| c.is_ascii_digit());
        let documented: Vec<String> = doc
            .lines()
            .filter(is_row)
            .map(|line| line.split('|').take(3).collect::<Vec<_>>().join("|"))
            .collect();
        let wanted: Vec<String> = all_exits()
            .into_iter()
            .map(|exit| format!("| {} | {exit:?} ", exit as u8))
            .collect();
        assert_eq!(documented, wanted);
    }
}
