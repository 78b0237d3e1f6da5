//! What is not wrong but should stand in the log: dangers, and flags that change nothing here.

use crate::cli::args::AlterArgs;
use crate::config::{FLUSH_BATCH_KEYS_USEFUL, Secret};

/// Dangers that the user has asked for.
pub fn warnings(args: &AlterArgs) -> Vec<&'static str> {
    let shown = |password: &Option<Secret>| password.as_ref().is_some_and(|it| !it.is_empty());
    let dangers = [
        (
            shown(&args.connection.password) || shown(&args.topology.master_password),
            "the password on the command line can be read by everybody who may list the processes of this \
             machine; --ask-pass, --conf and the environment variables GHOST_RS_PASSWORD and GHOST_RS_MASTER_PASSWORD \
             keep it to yourself",
        ),
        (
            args.connection.ssl_allow_insecure,
            "--ssl-allow-insecure: the connection is encrypted, but to whom it leads is not checked; \
             who can divert it can read the password",
        ),
    ];
    dangers
        .into_iter()
        .filter_map(|(given, text)| given.then_some(text))
        .collect()
}

/// Each flag that was accepted for gh-ost's sake and changes nothing, once, with the reason.
pub fn notes(args: &AlterArgs) -> Vec<String> {
    let few_keys = args
        .pace
        .dml_batch_size
        .is_some_and(|keys| keys < u64::from(FLUSH_BATCH_KEYS_USEFUL));
    let batch = few_keys.then(|| {
        format!(
            "--dml-batch-size counts as {FLUSH_BATCH_KEYS_USEFUL}: the keys of a transaction are brought up to date by a few \
             statements, and fewer keys would only make more commits"
        )
    });
    let groups = [about_servers(args), about_rows(args), about_the_run(args)];
    let said = groups.into_iter().flatten().filter(|(given, ..)| *given);
    said.map(|(_, flag, why)| format!("{flag} changes nothing: {why}"))
        .chain(batch)
        .collect()
}

type Note = (bool, &'static str, &'static str);

fn about_servers(args: &AlterArgs) -> Vec<Note> {
    let servers = &args.topology;
    let own_words = "what it would hint at is asked of the server itself";
    vec![
        (
            servers.tungsten,
            "--tungsten",
            "name the primary with --assume-master-host where it cannot be found",
        ),
        (servers.aliyun_rds, "--aliyun-rds", own_words),
        (servers.gcp, "--gcp", own_words),
        (servers.azure, "--azure", own_words),
        (
            servers.binlogsyncer_max_reconnect_attempts.is_some(),
            "--binlogsyncer-max-reconnect-attempts",
            "a lost binlog connection is made again up to 30 times in a row, some two minutes, then the run ends",
        ),
        (
            args.connection.skip_port_validation,
            "--skip-port-validation",
            "servers are told apart by their UUID, and no port is compared",
        ),
        (
            args.connection.charset.is_some(),
            "--charset",
            "connections are utf8mb4, and row values never leave the server",
        ),
        (
            args.throttle.replication_lag_query.is_some(),
            "--replication-lag-query",
            "lag is measured by rows of our own, in fractions of a second",
        ),
    ]
}

fn about_rows(args: &AlterArgs) -> Vec<Note> {
    let carry = &args.carry;
    vec![
        (
            carry.storage_engine.is_some(),
            "--storage-engine",
            "sessions are READ COMMITTED always; the new table's engine is what --alter says, or the old one's",
        ),
        (
            carry.allow_nullable_unique_key,
            "--allow-nullable-unique-key",
            "rows whose key is NULL cannot be told apart, so such a key is refused all the same",
        ),
        (
            carry.skip_strict_mode,
            "--skip-strict-mode",
            "a value that does not fit ends the run rather than being cut",
        ),
        (
            carry.panic_on_warnings,
            "--panic-on-warnings",
            "what would be a warning is an error here, always",
        ),
    ]
}

fn about_the_run(args: &AlterArgs) -> Vec<Note> {
    let swap = &args.swap;
    vec![
        (
            swap.cut_over.as_deref() == Some("two-step"),
            "--cut-over=two-step",
            "the swap is one atomic step always",
        ),
        (
            swap.analyze_ghost_table_before_cutover,
            "--analyze-ghost-table-before-cutover",
            "statistics of the new table are made before the swap always",
        ),
        (
            swap.allow_setup_metadata_lock_instruments,
            "--allow-setup-metadata-lock-instruments",
            "the session that renames is the one that holds the lock",
        ),
        (
            swap.skip_metadata_lock_check,
            "--skip-metadata-lock-check",
            "whoever holds the table is looked for and waited for before the swap all the same",
        ),
        (
            args.resume.checkpoint || args.resume.checkpoint_seconds.is_some(),
            "--checkpoint",
            "this version keeps nothing that a run could go on from",
        ),
        (
            args.output.stack,
            "--stack",
            "errors say what, with which values, and what to do",
        ),
    ]
}
