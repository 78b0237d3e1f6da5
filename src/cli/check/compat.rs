//! Flags that change nothing here: still no nonsense is taken, and each one given is explained once in the log.
//!
//! What gh-ost must be told, ghost-rs asks the server; what gh-ost makes safe on request, is safe here always. The
//! same is told in `docs/coming-from-gh-ost.md`.

use super::Problems;
use crate::cli::args::compat::CompatArgs as Args;
use crate::error::Failure;

pub(super) fn check(args: &Args, p: &mut Problems) {
    kind(args, p);
    engine(args, p);
}

/// There is one way to swap, and it is atomic; gh-ost's names for its own are known.
fn kind(args: &Args, p: &mut Problems) {
    let kind = args.cut_over.as_deref().unwrap_or_default();
    if !["", "atomic", "default", "two-step"].contains(&kind) {
        p.add(
            Failure::usage(format!("--cut-over is '{kind}'"))
                .hint("give atomic, or leave it out: the swap is atomic always"),
        );
    }
}

/// gh-ost learns from it which isolation level works. Here it is READ COMMITTED, which works with both.
fn engine(args: &Args, p: &mut Problems) {
    let engine = args.storage_engine.as_deref().unwrap_or("innodb");
    if !["innodb", "rocksdb"]
        .iter()
        .any(|known| engine.eq_ignore_ascii_case(known))
    {
        p.add(
            Failure::usage(format!("--storage-engine is '{engine}'")).hint(
                "give innodb or rocksdb; the new table's engine is what --alter says, or the old one's",
            ),
        );
    }
}

/// A flag that was given, and why it changes nothing.
pub(super) type Note = (&'static str, &'static str);

/// One for each flag that was given.
pub(super) fn notes(args: &Args) -> Vec<Note> {
    let all = about_servers(args)
        .into_iter()
        .chain(about_rows(args))
        .chain(about_the_run(args));
    all.filter_map(|(given, flag, why)| given.then_some((flag, why)))
        .collect()
}

type Row = (bool, &'static str, &'static str);

fn about_servers(args: &Args) -> Vec<Row> {
    let own_words = "what it would hint at is asked of the server itself";
    vec![
        (
            args.tungsten,
            "--tungsten",
            "name the primary with --assume-master-host where it cannot be found",
        ),
        (args.aliyun_rds, "--aliyun-rds", own_words),
        (args.gcp, "--gcp", own_words),
        (args.azure, "--azure", own_words),
        (
            args.binlogsyncer_max_reconnect_attempts.is_some(),
            "--binlogsyncer-max-reconnect-attempts",
            "a lost binlog connection is made again up to 30 times in a row, some two minutes, then the run ends",
        ),
        (
            args.skip_port_validation,
            "--skip-port-validation",
            "servers are told apart by their UUID, and no port is compared",
        ),
        (
            args.charset.is_some(),
            "--charset",
            "connections are utf8mb4, and row values never leave the server",
        ),
        (
            args.replication_lag_query.is_some(),
            "--replication-lag-query",
            "lag is measured by rows of our own, in fractions of a second",
        ),
    ]
}

fn about_rows(args: &Args) -> Vec<Row> {
    vec![
        (
            args.storage_engine.is_some(),
            "--storage-engine",
            "sessions are READ COMMITTED always; the new table's engine is what --alter says, or the old one's",
        ),
        (
            args.allow_nullable_unique_key,
            "--allow-nullable-unique-key",
            "rows whose key is NULL cannot be told apart, so such a key is refused all the same",
        ),
        (
            args.skip_foreign_key_checks,
            "--skip-foreign-key-checks",
            "foreign keys from and to the table are looked for all the same, which takes one query",
        ),
        (
            args.skip_strict_mode,
            "--skip-strict-mode",
            "a value that does not fit ends the run rather than being cut",
        ),
        (
            args.panic_on_warnings,
            "--panic-on-warnings",
            "what would be a warning is an error here, always",
        ),
    ]
}

fn about_the_run(args: &Args) -> Vec<Row> {
    vec![
        (
            args.initially_drop_socket_file,
            "--initially-drop-socket-file",
            "a socket that nobody listens on is replaced without it, and one that somebody listens on is another run's",
        ),
        (
            args.cut_over.as_deref() == Some("two-step"),
            "--cut-over=two-step",
            "the swap is one atomic step always",
        ),
        (
            args.analyze_ghost_table_before_cutover,
            "--analyze-ghost-table-before-cutover",
            "statistics of the new table are made before the swap always",
        ),
        (
            args.allow_setup_metadata_lock_instruments,
            "--allow-setup-metadata-lock-instruments",
            "the session that renames is the one that holds the lock",
        ),
        (
            args.skip_metadata_lock_check,
            "--skip-metadata-lock-check",
            "whoever holds the table is looked for and waited for before the swap all the same",
        ),
        (
            args.stack,
            "--stack",
            "errors say what, with which values, and what to do",
        ),
    ]
}
