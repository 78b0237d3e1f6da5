//! What is not wrong but should stand in the log: dangers, and flags that change nothing here.

use std::net::SocketAddr;

use super::compat;
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
        (
            others_may_command(args),
            "--serve-tcp-port: whoever reaches that address may stop the run, or make it swap; no password is asked for",
        ),
    ];
    dangers
        .into_iter()
        .filter_map(|(given, text)| given.then_some(text))
        .collect()
}

/// Each flag that changes nothing, or not what it says, once, with the reason.
pub fn notes(args: &AlterArgs) -> Vec<String> {
    let mut notes: Vec<String> = Vec::new();
    for (flag, why) in compat::notes(&args.compat) {
        notes.push(format!("{flag} changes nothing: {why}"));
    }
    if args.resume.checkpoint || args.resume.checkpoint_seconds.is_some() {
        notes.push(
            "--checkpoint changes nothing: this version keeps nothing that a run could go on from".to_owned(),
        );
    }
    if args
        .pace
        .dml_batch_size
        .is_some_and(|keys| keys < u64::from(FLUSH_BATCH_KEYS_USEFUL))
    {
        notes.push(format!(
            "--dml-batch-size counts as {FLUSH_BATCH_KEYS_USEFUL}: the keys of a transaction are brought up to date by a few \
             statements, and fewer keys would only make more commits"
        ));
    }
    notes
}

/// Commands over TCP need no password, so a port that others reach is a danger.
fn others_may_command(args: &AlterArgs) -> bool {
    let address = args
        .operate
        .serve_tcp_port
        .as_ref()
        .and_then(|text| text.parse::<SocketAddr>().ok());
    address.is_some_and(|address| !address.ip().is_loopback())
}
