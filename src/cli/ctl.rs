//! `ghost-rs ctl`: finds the socket of a run, says one command, prints the answer, and ends with a code that says what
//! became of it. [`line()`] and [`verdict()`] decide and are pure; the rest is [`client::ask`].

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use serde_json::Value;

use super::{
    args::ctl::{Action, CtlArgs},
    exit_code, render,
    run::runtime,
};
use crate::config::{Bounds, LogFormat};
use crate::control::client::{self, Unanswered};
use crate::control::{Command, Order, socket};
use crate::error::{Exit, Failure};

/// `--timeout`, in seconds.
const TIMEOUT_SECONDS: Bounds = Bounds {
    min: 1,
    default: 70,
    max: 600,
};

/// Says it, and prints what was answered.
pub fn run(args: &CtlArgs) -> ExitCode {
    let format = if args.json {
        LogFormat::Json
    } else {
        LogFormat::Text
    };
    match said(args) {
        Ok(text) => {
            render::to_stdout(&text);
            exit_code(Exit::Done)
        }
        Err(failure) => {
            render::to_stderr(&render::failure(&failure, &[], format));
            exit_code(failure.exit)
        }
    }
}

fn said(args: &CtlArgs) -> Result<String, Failure> {
    if !TIMEOUT_SECONDS.contain(args.timeout) {
        return Err(
            Failure::usage(format!("--timeout is {}", args.timeout)).hint(format!(
                "give a number from {} to {}",
                TIMEOUT_SECONDS.min, TIMEOUT_SECONDS.max
            )),
        );
    }
    let target = Target::of(&args.run)?;
    let line = line(&args.action, target.table.as_deref())?;
    let limit = Duration::from_secs(args.timeout);
    let runtime = runtime()
        .map_err(|error| Failure::new(Exit::Internal, "cannot start threads").detail(error.to_string()))?;
    let answer = runtime
        .block_on(client::ask(&target.socket, &line, limit))
        .map_err(|why| unanswered(&target, &line, why, limit))?;
    verdict(&answer, args.json)
}

/// Which run is meant.
struct Target {
    socket: PathBuf,
    table: Option<String>,
}

impl Target {
    /// A path has a slash in it; everything else is `schema.table`.
    fn of(run: &str) -> Result<Self, Failure> {
        if run.contains('/') {
            return Ok(Self {
                socket: PathBuf::from(run),
                table: None,
            });
        }
        let named = run
            .split_once('.')
            .filter(|(schema, table)| !schema.is_empty() && !table.is_empty());
        let (schema, table) = named.ok_or_else(|| {
            Failure::usage(format!(
                "{run:?} is neither SCHEMA.TABLE nor the path of a socket"
            ))
            .hint("say shop.orders, or /tmp/gh-ost.shop.orders.sock (./NAME in the present folder)")
        })?;
        Ok(Self {
            socket: socket::default_path(schema, table),
            table: Some(table.to_owned()),
        })
    }
}

/// The command on the wire. A setting that no run knows is refused before any run is asked.
fn line(action: &Action, table: Option<&str>) -> Result<String, Failure> {
    let about = |command: &str, named: &Option<String>| match named.as_deref().or(table) {
        Some(table) => format!("{command}={table}"),
        None => command.to_owned(),
    };
    let line = match action {
        Action::Status => "status".to_owned(),
        Action::Pause => about("throttle", &None),
        Action::Resume => about("no-throttle", &None),
        Action::Set { setting } => setting.clone(),
        Action::CutOver { table } => about("cut-over", table),
        Action::Abort { table } => about("panic", table),
    };
    if line.contains(['\n', '\r']) {
        return Err(Failure::usage("a command is one line"));
    }
    let order = Order::read(&line).map_err(Failure::usage)?;
    let sets = matches!(order.command, Command::Ask(_) | Command::Set(..));
    if matches!(action, Action::Set { .. }) && !sets {
        return Err(Failure::usage(format!("{line:?} is no setting"))
            .hint("say NAME=VALUE or NAME=?, as in chunk-size=500"));
    }
    Ok(format!("json {line}"))
}

fn unanswered(target: &Target, line: &str, why: Unanswered, limit: Duration) -> Failure {
    let socket = target.socket.display();
    match why {
        Unanswered::Nobody(error) => {
            Failure::new(Exit::Unreachable, format!("No run is listening on {socket}."))
                .detail(error.to_string())
                .hint(
                    "Is it running, on this machine, and as this user? Its log says where it takes commands: \
                 --serve-socket-file may have put the socket elsewhere.",
                )
        }
        Unanswered::Silence(error) => {
            let why = error.map_or_else(
                || format!("none came within {limit:?}, or the run has ended"),
                |error| error.to_string(),
            );
            Failure::new(
                Exit::Unknown,
                format!(
                    "There was no answer from {socket}: it is not known whether the command was carried out."
                ),
            )
            .detail(why)
            .detail(format!("the command: {}", line.trim_start_matches("json ")))
            .hint("Ask for status before you say it again.")
        }
    }
}

/// What to print on success; a command that was not carried out is a failure.
fn verdict(answer: &str, as_json: bool) -> Result<String, Failure> {
    let object: Value = serde_json::from_str(answer).map_err(|_| {
        Failure::new(
            Exit::Unknown,
            "What listens there did not answer as ghost-rs does.",
        )
        .detail(answer.chars().take(200).collect::<String>())
        .hint("Is it gh-ost? Then talk to it as before: echo status | nc -U SOCKET")
    })?;
    let lines = object.get("answer").and_then(Value::as_array);
    let text: Vec<&str> = lines.into_iter().flatten().filter_map(Value::as_str).collect();
    let text = text.join("\n");
    match object.get("ok").and_then(Value::as_bool) {
        Some(true) if as_json => Ok(answer.to_owned()),
        Some(true) => Ok(text + "\n"),
        _ => Err(Failure::refused(text).hint("Nothing was changed.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_run_is_meant() {
        let target = Target::of("shop.orders").expect("a table");
        assert_eq!(target.socket, socket::default_path("shop", "orders"));
        assert_eq!(target.table.as_deref(), Some("orders"));
        let target = Target::of("./x.sock").expect("a path");
        assert_eq!((target.socket, target.table), (PathBuf::from("./x.sock"), None));
        for wrong in ["orders", "shop.", ".orders", ""] {
            assert!(
                Target::of(wrong).is_err_and(|why| why.exit == Exit::Usage),
                "{wrong}"
            );
        }
    }

    #[test]
    fn what_goes_over_the_wire() {
        let set = |setting: &str| Action::Set {
            setting: setting.to_owned(),
        };
        let cases = [
            (Action::Status, Some("orders"), "json status"),
            (Action::Pause, Some("orders"), "json throttle=orders"),
            (Action::Resume, None, "json no-throttle"),
            (set("chunk-size=500"), Some("orders"), "json chunk-size=500"),
            (set("nice-ratio=?"), None, "json nice-ratio=?"),
            (
                Action::CutOver { table: None },
                Some("orders"),
                "json cut-over=orders",
            ),
            (
                Action::CutOver {
                    table: Some("t".into()),
                },
                None,
                "json cut-over=t",
            ),
            (Action::Abort { table: None }, None, "json panic"),
        ];
        for (action, table, wanted) in cases {
            assert_eq!(line(&action, table), Ok(wanted.to_owned()));
        }
        for wrong in [
            "chunk-size",
            "status",
            "panic=orders",
            "no-such=1",
            "throttle-query=\npanic",
        ] {
            assert!(line(&set(wrong), None).is_err(), "{wrong}");
        }
    }

    #[test]
    fn each_ending_has_its_code() {
        let done = r#"{"answer":["a","b"],"command":"status","ok":true,"run":{}}"#;
        assert_eq!(verdict(done, false), Ok("a\nb\n".to_owned()));
        assert_eq!(verdict(done, true), Ok(done.to_owned()));
        let exit = |answer: &str| verdict(answer, true).map_err(|failure| failure.exit);
        assert_eq!(exit(r#"{"answer":["no"],"ok":false}"#), Err(Exit::Refused));
        assert_eq!(exit("Copy: 0/10"), Err(Exit::Unknown));
    }
}
