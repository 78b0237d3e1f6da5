//! `docs/flags.md` is written from the flags themselves; this test fails when it is out of date.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use clap::{Arg, ArgAction};

fn markdown() -> String {
    let alter = super::alter_command();
    let mut text = String::from(
        "# Flags of `ghost-rs alter`\n\n\
         Written from the program by `UPDATE=1 cargo test --lib flags_doc`. A flag that means what it means in gh-ost has \
         gh-ost's name.\n",
    );
    let mut heading = None;
    for arg in alter
        .get_arguments()
        .filter(|arg| arg.get_help_heading().is_some())
    {
        if arg.get_help_heading() != heading {
            heading = arg.get_help_heading();
            let _ = write!(
                text,
                "\n## {}\n\n| flag | |\n| --- | --- |\n",
                heading.unwrap_or_default()
            );
        }
        let _ = writeln!(text, "| `{}` | {} |", usage(arg), help(arg));
    }
    text
}

fn usage(arg: &Arg) -> String {
    let name = arg.get_long().unwrap_or_default();
    match (arg.get_action(), arg.get_value_names()) {
        (ArgAction::SetTrue, _) | (_, None) => format!("--{name}"),
        (_, Some(values)) => format!("--{name} {}", values.join(" ")),
    }
}

fn help(arg: &Arg) -> String {
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    help.replace('|', "\\|").replace('<', "\\<")
}

#[test]
fn the_document_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/flags.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, markdown()).expect("written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        found,
        markdown(),
        "out of date; rewrite it with: UPDATE=1 cargo test --lib flags_doc"
    );
}

#[test]
fn every_flag_has_a_group_and_says_what_it_does() {
    let mut alter = super::alter_command();
    alter.build();
    let of_clap = |arg: &&Arg| arg.get_id() == "help" || arg.get_id() == "version";
    for arg in alter.get_arguments().filter(|arg| !of_clap(arg)) {
        assert!(arg.get_help_heading().is_some(), "{} has no group", arg.get_id());
        assert!(
            arg.get_help().is_some_and(|help| !help.to_string().is_empty()),
            "{} has no help",
            arg.get_id()
        );
    }
}

/// gh-ost's flags, as its users have them in their scripts.
const GH_OSTS: &str = "
    host port user password master-user master-password conf ask-pass charset ssl ssl-ca ssl-cert ssl-key
    ssl-allow-insecure mysql-timeout database table alter execute attempt-instant-ddl storage-engine exact-rowcount
    concurrent-rowcount allow-on-master allow-master-master allow-nullable-unique-key approve-renamed-columns
    skip-renamed-columns tungsten discard-foreign-keys skip-foreign-key-checks skip-strict-mode allow-zero-in-date
    aliyun-rds gcp azure gtid assume-master-host test-on-replica test-on-replica-skip-replica-stop migrate-on-replica
    ok-to-drop-table initially-drop-old-table initially-drop-ghost-table initially-drop-socket-file timestamp-old-table
    force-table-names cut-over force-named-cut-over force-named-panic switch-to-rbr assume-rbr
    cut-over-exponential-backoff exponential-backoff-max-interval chunk-size dml-batch-size default-retries
    panic-on-warnings cut-over-lock-timeout-seconds nice-ratio max-lag-millis replication-lag-query
    throttle-control-replicas throttle-query throttle-http throttle-http-interval-millis throttle-http-timeout-millis
    ignore-http-errors heartbeat-interval-millis throttle-flag-file throttle-additional-flag-file
    postpone-cut-over-flag-file panic-flag-file serve-socket-file serve-tcp-port hooks-path hooks-hint hooks-hint-owner
    hooks-hint-token hooks-status-interval replica-server-id allow-setup-metadata-lock-instruments
    skip-metadata-lock-check binlogsyncer-max-reconnect-attempts include-triggers trigger-suffix
    remove-trigger-suffix-if-exists skip-port-validation checkpoint checkpoint-seconds resume revert old-table
    analyze-ghost-table-before-cutover max-load critical-load critical-load-interval-millis
    critical-load-hibernate-seconds statsd-addr statsd-tags runtime-metrics-interval quiet verbose debug stack help
    version check-flag";

/// The flags in `--name` form that the first cells of tables hold.
fn first_cells(document: &str) -> Vec<&str> {
    let rows = document.lines().filter_map(|line| line.strip_prefix("| `--"));
    rows.filter_map(|row| row.split('`').next()).collect()
}

fn of_the_command() -> BTreeSet<String> {
    let mut alter = super::alter_command();
    alter.build();
    let names = alter.get_arguments().filter_map(Arg::get_long);
    names.map(str::to_owned).collect()
}

#[test]
fn every_flag_of_gh_ost_is_known() {
    let known = of_the_command();
    let missing: Vec<&str> = GH_OSTS
        .split_whitespace()
        .filter(|flag| !known.contains(*flag))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// A row for each flag that gh-ost has, a mention at the end for each that is ours, and nothing else.
#[test]
fn who_comes_from_gh_ost_finds_every_flag() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/coming-from-gh-ost.md");
    let text = std::fs::read_to_string(path).expect("the document");
    let (flags, ours) = text
        .split_once("## The flags of gh-ost")
        .and_then(|(_, rest)| rest.split_once("## Flags that gh-ost does not have"))
        .expect("two sections");
    let rows = first_cells(flags);
    let mut documented: BTreeSet<String> = rows.iter().map(|flag| (*flag).to_owned()).collect();
    assert_eq!(documented.len(), rows.len(), "a flag has two rows");
    assert_eq!(
        documented,
        GH_OSTS.split_whitespace().map(str::to_owned).collect()
    );
    documented.extend(
        ours.split("`--")
            .skip(1)
            .filter_map(|it| it.split('`').next())
            .map(str::to_owned),
    );
    assert_eq!(documented, of_the_command());
}
