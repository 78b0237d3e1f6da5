//! A bad value for every flag, asked of the command itself: a new flag without a bad value fails here.

use std::ffi::OsString;

use clap::{ArgAction, Parser};

use super::{Fake, TABLE};
use crate::cli::args::{Cli, Command};
use crate::cli::{alter_command, check, go_style};

const LONG_NAME: &str = "12345678901234567890123456789012345678901234567890123456789012345";

/// Values that each flag refuses.
const BAD: &[(&str, &[&str])] = &[
    ("host", &["", " "]),
    ("port", &["0", "-1", "65536", "x", ""]),
    ("user", &[""]),
    ("conf", &["/no/such/file"]),
    ("ssl-ca", &["/no/such/file"]),
    ("ssl-cert", &["/no/such/file"]),
    ("ssl-key", &["/no/such/file"]),
    ("mysql-timeout", &["-1", "601", "NaN", "inf", "x", ""]),
    ("database", &["", LONG_NAME]),
    ("table", &["", LONG_NAME]),
    ("alter", &["", "ALTER TABLE other ENGINE=InnoDB"]),
    ("assume-master-host", &["db1:", "db1:x", "db1:0", "a b"]),
    ("gtid", &["maybe", ""]),
    ("replica-server-id", &["0", "4294967296", "-1", "x", ""]),
    ("binlogsyncer-max-reconnect-attempts", &["x", "1.5", ""]),
    ("trigger-suffix", &["a b", "ä", "`", LONG_NAME]),
    ("concurrent-rowcount", &["maybe", ""]),
    ("force-table-names", &[LONG_NAME]),
    ("storage-engine", &["", "myisam"]),
    ("workers", &["0", "65", "x", ""]),
    ("chunk-size", &["9", "100001", "-1", "1e3", "x", ""]),
    ("chunk-target-millis", &["9", "10001", "x", ""]),
    ("dml-batch-size", &["0", "10001", "-1", "x", ""]),
    ("flush-lanes", &["0", "17", "x", ""]),
    ("heartbeat-interval-millis", &["9", "1001", "x", ""]),
    ("dirty-keys-max", &["9999", "x", ""]),
    ("dirty-megabytes-max", &["15", "x", ""]),
    ("max-lag-millis", &["9", "3600001", "-1", "1.5", "x", ""]),
    ("throttle-control-replicas", &["db1:", "db1,db2:x", "a b"]),
    (
        "max-load",
        &[
            "Threads_running",
            "Threads_running=",
            "Threads_running=x",
            "a b=1",
        ],
    ),
    ("critical-load", &["Threads_running", "=5", "Threads_running=1.5"]),
    ("critical-load-interval-millis", &["-1", "3600001", "x", ""]),
    ("critical-load-hibernate-seconds", &["-1", "604801", "x", ""]),
    ("throttle-http", &["db1", "ftp://db1", "http://", "http:// a"]),
    ("throttle-http-interval-millis", &["9", "3600001", "x", ""]),
    ("throttle-http-timeout-millis", &["9", "60001", "x", ""]),
    ("nice-ratio", &["-0.1", "100.1", "NaN", "inf", "x", ""]),
    ("verify", &["none", ""]),
    ("verify-swap-budget", &["0", "30001", "x", ""]),
    ("cut-over-lock-timeout-seconds", &["0", "11", "x", ""]),
    ("cut-over-window-millis", &["49", "30001", "x", ""]),
    ("default-retries", &["0", "10001", "x", ""]),
    ("exponential-backoff-max-interval", &["1", "3601", "x", ""]),
    ("cut-over", &["three-step", "Atomic"]),
    ("checkpoint-seconds", &["9", "86401", "x", ""]),
    ("old-table", &["_orders_del", ""]),
    (
        "serve-socket-file",
        &[
            "/tmp/12345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234",
        ],
    ),
    (
        "serve-tcp-port",
        &["-1", "65536", "x", "db1:9999", "127.0.0.1:0", "127.0.0.1"],
    ),
    ("hooks-path", &["/no/such/folder"]),
    ("hooks-status-interval", &["-1", "86401", "x", ""]),
    ("hooks-timeout-seconds", &["0", "86401", "x", ""]),
    ("statsd-addr", &["db1", ":8125", "db1:0", "db1:x", "unix://x"]),
    ("statsd-tags", &["env", ":prod", "a:b,c", "a:b|c"]),
    ("runtime-metrics-interval", &["-1", "3601", "x", ""]),
    ("log-format", &["xml", ""]),
];

/// Flags whose text is not judged here, and who judges it.
const ANY_TEXT: &[(&str, &str)] = &[
    ("socket", "a path; connecting says whether it is one"),
    ("password", "the server judges"),
    ("charset", "changes nothing"),
    ("master-user", "the server judges"),
    ("master-password", "the server judges"),
    ("throttle-query", "the server judges"),
    ("throttle-flag-file", "need not exist"),
    ("throttle-additional-flag-file", "need not exist"),
    ("replication-lag-query", "changes nothing"),
    ("postpone-cut-over-flag-file", "need not exist"),
    ("panic-flag-file", "need not exist"),
    ("hooks-hint", "the user's own"),
    ("hooks-hint-owner", "the user's own"),
    ("hooks-hint-token", "the user's own"),
];

/// What is said about a flag with this value, next to others that are right; `None`: nothing.
fn said(flag: &str, value: &str) -> Option<String> {
    // The flag itself comes last, and so counts; others are there because it needs them.
    let more = ["--user=u", "--ssl", "--include-triggers"];
    let last = format!("--{flag}={value}");
    let mut flags: Vec<OsString> = TABLE.iter().chain(&more).map(OsString::from).collect();
    flags.push(last.into());
    let flags = match go_style::rewritten(&flags, &alter_command()) {
        Ok(flags) => flags,
        Err(problem) => return Some(problem.to_string()),
    };
    let argv = ["ghost-rs", "alter"].map(OsString::from).into_iter().chain(flags);
    let args = match Cli::try_parse_from(argv) {
        Ok(cli) => match cli.command {
            Command::Alter(args) => args,
            Command::Ctl(_) | Command::Verify(_) => panic!("another subcommand"),
        },
        Err(error) => return Some(error.to_string()),
    };
    let problems = check::config(*args, &Fake::default()).err()?;
    let texts: Vec<String> = problems
        .iter()
        .map(|it| format!("{it} {}", it.hint.as_deref().unwrap_or_default()))
        .collect();
    Some(texts.join("\n"))
}

fn valued() -> Vec<String> {
    let command = alter_command();
    let with_value = command
        .get_arguments()
        .filter(|arg| matches!(arg.get_action(), ArgAction::Set | ArgAction::Append));
    with_value
        .filter_map(|arg| arg.get_long().map(str::to_owned))
        .collect()
}

#[test]
fn every_flag_with_a_value_has_a_bad_one_or_says_why_not() {
    let listed = |flag: &String| {
        let bad = BAD.iter().filter(|(name, _)| name == flag).count();
        bad + ANY_TEXT.iter().filter(|(name, _)| name == flag).count()
    };
    let flags = valued();
    let wrong: Vec<&String> = flags.iter().filter(|flag| listed(flag) != 1).collect();
    assert!(wrong.is_empty(), "not listed, or more than once: {wrong:?}");
    let names = BAD
        .iter()
        .map(|(name, _)| name)
        .chain(ANY_TEXT.iter().map(|(name, _)| name));
    let gone: Vec<&&str> = names
        .filter(|name| !flags.iter().any(|flag| flag == *name))
        .collect();
    assert!(gone.is_empty(), "no such flags: {gone:?}");
}

#[test]
fn bad_values_are_refused_by_name() {
    for (flag, values) in BAD {
        assert!(!values.is_empty(), "{flag}");
        for value in *values {
            let said = said(flag, value).unwrap_or_else(|| panic!("--{flag}={value} is accepted"));
            let named =
                said.contains(&format!("--{flag}")) || (*flag == "port" && said.contains("the port is"));
            let named = named || (*flag == "alter" && said.contains("ALTER"));
            assert!(named, "--{flag}={value}: {said}");
        }
    }
}

#[test]
fn any_text_is_any_text() {
    for (flag, _) in ANY_TEXT {
        for value in ["", "-x", "ä b", "--alter"] {
            let said = said(flag, value);
            let tcp = *flag == "socket" && said.as_deref().is_some_and(|it| it.contains("together with"));
            assert!(said.is_none() || tcp, "--{flag}={value}: {said:?}");
        }
    }
}

#[test]
fn a_switch_is_on_or_off() {
    let command = alter_command();
    let switches = command
        .get_arguments()
        .filter(|arg| matches!(arg.get_action(), ArgAction::SetTrue));
    let mut count = 0;
    for flag in switches.filter_map(clap::Arg::get_long) {
        let said = said(flag, "maybe").unwrap_or_else(|| panic!("--{flag}=maybe is accepted"));
        assert!(said.contains(&format!("--{flag} has a value")), "{said}");
        count += 1;
    }
    assert!(count > 30, "switches are not found any more: {count}");
}
