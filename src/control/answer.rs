//! What is printed. Pure: a [`View`] of the run in, gh-ost's lines or one JSON object out.

use serde_json::{Value, json};

use super::{
    command::{Command, help},
    knob::Knob,
};
use crate::{
    config::Address,
    knobs::Knobs,
    schema::TableName,
    status::{Snapshot, line},
};

/// gh-ost says this too; here the stream is read on, so that the log is needed only while the stream is interrupted.
const THROTTLE_NOTE: &str = "# Note: the binlog is read on meanwhile; changed keys are kept in memory\n";

/// What was said to an order.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The order was carried out.
    pub done: bool,
    /// The command's name, as it was typed.
    pub command: String,
    /// Lines for people; the reason, where it was not carried out.
    pub text: String,
    /// The run, for programs. `None`: the run was not asked.
    pub run: Option<Value>,
}

/// What does not change while a run lives.
#[derive(Clone, Debug)]
pub struct About {
    /// The table.
    pub source: TableName,
    /// The server that is written.
    pub applier: Host,
    /// The server whose binlog is read.
    pub inspector: Host,
}

/// A server, as people know it.
#[derive(Clone, Debug)]
pub struct Host {
    /// `host:port`, as it was reached.
    pub address: String,
    /// Its version in full.
    pub version: String,
}

/// A run at one moment, for answers.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// What does not change.
    pub about: &'a About,
    /// The settings as lines that begin with `#`.
    pub header: &'a [String],
    /// What an operator may change.
    pub knobs: &'a Knobs,
    /// How far it is.
    pub snapshot: &'a Snapshot,
    /// The flag file is there.
    pub postpone_file_exists: bool,
}

impl Answer {
    /// What was not carried out, and why.
    pub fn refused(command: &str, why: String) -> Self {
        Self {
            done: false,
            command: command.to_owned(),
            text: why,
            run: None,
        }
    }

    /// Ready to send: lines, or one JSON object on a line.
    pub fn rendered(&self, as_json: bool) -> String {
        if !as_json {
            return ended(&self.text);
        }
        let lines: Vec<&str> = self.text.lines().collect();
        let object = json!({ "ok": self.done, "command": self.command, "answer": lines, "run": self.run });
        ended(&object.to_string())
    }
}

fn ended(text: &str) -> String {
    format!("{}\n", text.trim_end_matches('\n'))
}

/// The answer to a command that was carried out; the view is that after it.
pub fn text(command: &Command, view: View<'_>) -> String {
    match command {
        Command::Help => help(),
        Command::Sup => line(view.snapshot),
        Command::Coordinates => view.snapshot.position.clone(),
        Command::Applier => host(&view.about.applier),
        Command::Inspector => host(&view.about.inspector),
        // A script expects a number here.
        Command::Ask(Knob::ChunkSize) => view
            .knobs
            .chunk_rows
            .unwrap_or(view.snapshot.chunk_rows)
            .to_string(),
        Command::Ask(knob) => knob.shown(view.knobs),
        Command::Status | Command::NoThrottle(_) => summary(view),
        Command::Throttle(_) | Command::Set(Knob::ThrottleQuery | Knob::ThrottleHttp, _) => {
            format!("{THROTTLE_NOTE}{}", summary(view))
        }
        Command::Set(Knob::ThrottleControlReplicas, _) => {
            format!(
                "{}\n{}",
                Knob::ThrottleControlReplicas.shown(view.knobs),
                summary(view)
            )
        }
        Command::Set(Knob::PostponeFile, _) => format!("Postponed\n{}", summary(view)),
        Command::Set(..) => summary(view),
        Command::CutOver(_) => format!("Unpostponed\n{}", summary(view)),
        Command::Panic(_) => "the run ends now; the table is as it was".to_owned(),
        Command::CpuProfile => String::new(),
    }
}

fn host(host: &Host) -> String {
    format!("Host: {}, Version: {}", host.address, host.version)
}

/// The settings, and the status line.
fn summary(view: View<'_>) -> String {
    let lines = view.header.iter().map(String::as_str);
    let status = line(view.snapshot);
    lines.chain([status.as_str()]).collect::<Vec<_>>().join("\n")
}

/// The run for programs. Fields are added, never renamed.
pub fn object(view: View<'_>) -> Value {
    let View { about, knobs, .. } = view;
    let list = |items: &[Address]| items.iter().map(ToString::to_string).collect::<Vec<_>>();
    json!({
        "schema": about.source.schema,
        "table": about.source.table,
        "applier": about.applier.address,
        "inspector": about.inspector.address,
        "status": view.snapshot,
        "knobs": {
            "chunk_size": knobs.chunk_rows,
            "dml_batch_size": knobs.flush_batch_keys,
            "max_lag_millis": knobs.max_lag.as_millis() as u64,
            "max_load": knobs.max_load.to_string(),
            "critical_load": knobs.critical_load.to_string(),
            "nice_ratio": knobs.nice_ratio,
            "throttle_query": knobs.throttle_query,
            "throttle_http": Some(Knob::ThrottleHttp.shown(knobs)).filter(|url| !url.is_empty()),
            "throttle_control_replicas": list(&knobs.control_replicas),
            "paused": knobs.paused,
            "postpone_cut_over_flag_file": knobs.postpone_file,
            "postpone_cut_over_flag_file_exists": view.postpone_file_exists,
            "unpostponed": knobs.unpostponed,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{control::Order, knobs::fixture};

    fn about() -> About {
        let host = |port| Host {
            address: format!("db1:{port}"),
            version: "9.7.0".into(),
        };
        About {
            source: TableName::new("shop", "orders"),
            applier: host(3306),
            inspector: host(3307),
        }
    }

    fn answered(line: &str, knobs: &Knobs) -> String {
        let snapshot = Snapshot {
            position: "binlog.000007:1234".into(),
            chunk_rows: 5_000,
            ..Snapshot::at_start()
        };
        let view = View {
            about: &about(),
            header: &["# one".to_owned(), "# two".to_owned()],
            knobs,
            snapshot: &snapshot,
            postpone_file_exists: true,
        };
        text(&Order::read(line).expect(line).command, view)
    }

    #[test]
    fn settings_come_before_the_status_line() {
        let said = answered("status", &fixture());
        let status = said.strip_prefix("# one\n# two\n").expect("the settings");
        assert_eq!(status, answered("sup", &fixture()));
    }

    #[test]
    fn short_answers() {
        let cases = [
            ("coordinates", "binlog.000007:1234"),
            ("applier", "Host: db1:3306, Version: 9.7.0"),
            ("inspector", "Host: db1:3307, Version: 9.7.0"),
            ("chunk-size=?", "5000"),
            ("dml-batch-size=?", "1000"),
            ("max-lag-millis=?", "1500"),
            ("throttle-query=?", ""),
        ];
        for (line, wanted) in cases {
            assert_eq!(answered(line, &fixture()), wanted, "{line}");
        }
        let first = |line| answered(line, &fixture()).lines().next().map(str::to_owned);
        assert_eq!(first("unpostpone").as_deref(), Some("Unpostponed"));
        assert_eq!(
            first("postpone-cut-over-flag-file=/tmp/w").as_deref(),
            Some("Postponed")
        );
        assert!(first("throttle").is_some_and(|line| line.starts_with("# Note")));
    }

    #[test]
    fn an_answer_ends_with_its_line() {
        let refused = Answer::refused("chunk-size", "too\nsmall".into());
        assert_eq!(refused.rendered(false), "too\nsmall\n");
        let wanted = r#"{"answer":["too","small"],"command":"chunk-size","ok":false,"run":null}"#;
        assert_eq!(refused.rendered(true), format!("{wanted}\n"));
    }

    #[test]
    fn programs_find_what_they_look_for() {
        let view = View {
            about: &about(),
            header: &[],
            knobs: &fixture(),
            snapshot: &Snapshot::at_start(),
            postpone_file_exists: false,
        };
        let object = object(view);
        assert_eq!(object["table"], "orders");
        assert_eq!(object["status"]["state"], "preparing");
        assert_eq!(object["knobs"]["chunk_size"], Value::Null);
        assert_eq!(object["knobs"]["paused"], false);
    }
}
