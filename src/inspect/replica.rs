//! A replica on which the table itself is changed, or the change rehearsed: what has to be so there, and its
//! replication, stopped and started.
//!
//! Nothing is asked for about the order in which the replica applies (`replica_preserve_commit_order`,
//! `replica_parallel_workers`): everything of the run happens on this one server, and what the fence relies on is that
//! *this* server makes commits visible in the order of *its own* binlog, whoever commits, an applier or a client. What
//! `binlog_order_commits` says of that counts here as on a primary.

use std::time::Duration;

use super::grants::{Grants, quote_account};
use super::server::{ReplicaOf, Server, channels};
use super::version::Version;
use crate::config::Mode;
use crate::error::Failure;
use crate::mysql::{Session, SqlError};

/// An applier ends after the transaction that it has begun, and that may be a long one.
const STOP_SECONDS_MAX: u64 = 60;
/// From here on the statements say "replica".
const SAYS_REPLICA: Version = Version::new(8, 0, 22);

/// Everything about a server that stands against a run in one of the two modes on a replica.
pub(super) fn problems(server: &Server, mode: Mode) -> Vec<Failure> {
    if server.replica_of.is_empty() {
        let what = "This server is no replica, and the run is to take place on one.";
        return vec![Failure::refused(what)
            .detail(format!("{} replicates from no other server", server.hostname))
            .hint("Give the --host and --port of a replica; to change the table on its primary, leave out --migrate-on-replica and --test-on-replica.")];
    }
    [log_problem(server), read_only_problem(server)]
        .into_iter()
        .flatten()
        .chain(applier_problems(server, mode))
        .collect()
}

fn log_problem(server: &Server) -> Option<Failure> {
    if server.log_replica_updates {
        return None;
    }
    let what = "The replica does not write what it applies into its own binlog (log_replica_updates = OFF), so changes of the table cannot be followed.";
    Some(Failure::refused(what).hint("Start the replica with --log-replica-updates, or take another one."))
}

/// `read_only` alone does not keep an account with CONNECTION_ADMIN out; see [`grants_problem`].
fn read_only_problem(server: &Server) -> Option<Failure> {
    if server.read_only != Some("super_read_only") {
        return None;
    }
    let what = "The replica takes no writes from any client (super_read_only = ON).";
    Some(
        Failure::refused(what)
            .hint("SET GLOBAL super_read_only = OFF for the time of the run; read_only may stay ON."),
    )
}

/// A standing replica is refused, because the run would see no change at all. Whoever keeps replication in his own
/// hands has said so.
fn applier_problems(server: &Server, mode: Mode) -> Vec<Failure> {
    let own_hands = Mode::TestOnReplica {
        stop_replication: false,
    };
    if mode == own_hands {
        return Vec::new();
    }
    let stopped = server.replica_of.iter().filter(|channel| !channel.applier_runs);
    stopped.map(|channel| stopped_problem(server, channel)).collect()
}

fn stopped_problem(server: &Server, channel: &ReplicaOf) -> Failure {
    let failure = Failure::refused("Replication is stopped on this replica.").detail(format!(
        "{} replicates from {}; its applier does not run{}",
        server.hostname,
        channel.address,
        named(&channel.channel)
    ));
    let failure = match channel.error.as_str() {
        "" => failure,
        error => failure.detail(format!("its last error: {error}")),
    };
    failure.hint(format!(
        "{} An earlier --test-on-replica leaves it stopped.",
        to_start(server.version, std::iter::once(channel.channel.as_str()))
    ))
}

fn named(channel: &str) -> String {
    match channel {
        "" => String::new(),
        name => format!(" (channel {name})"),
    }
}

/// The privileges that these modes need besides the usual ones, and the account lacks.
pub(super) fn grants_problem(server: &Server, grants: &Grants, account: &str, mode: Mode) -> Option<Failure> {
    let read_only = server.read_only.is_some().then_some("CONNECTION_ADMIN");
    let stops = matches!(
        mode,
        Mode::TestOnReplica {
            stop_replication: true
        }
    );
    let missing: Vec<&str> = [read_only, stops.then_some("REPLICATION_SLAVE_ADMIN")]
        .into_iter()
        .flatten()
        .filter(|privilege| !grants.global(privilege) && !grants.global("SUPER"))
        .collect();
    if missing.is_empty() {
        return None;
    }
    let missing = missing.join(", ");
    let what = format!("The account {account} lacks privileges that a run on this replica needs.");
    Some(
        Failure::refused(what)
            .detail(format!(
                "missing, global: {missing} (CONNECTION_ADMIN: to write while read_only = ON; REPLICATION_SLAVE_ADMIN: \
                 to stop replication)"
            ))
            .hint(format!("GRANT {missing} ON *.* TO {};", quote_account(account))),
    )
}

/// What the user should know.
pub(super) fn notes(server: &Server) -> Vec<String> {
    let mut notes = Vec::new();
    if server.gtid {
        notes.push(
            "what this run writes is logged under the replica's own GTIDs, which its primary does not have (errant \
             transactions): mind them before you make it a primary."
                .to_owned(),
        );
    }
    let stands = server.replica_of.iter().any(|channel| !channel.applier_runs);
    if stands {
        notes.push(
            "replication is stopped on this replica: the run will see no change of the primary's.".to_owned(),
        );
    }
    notes
}

/// Appliers that a run has stopped, and nobody else: one for each channel.
#[derive(Debug, Default)]
pub struct Replication {
    stopped: Vec<String>,
}

impl Replication {
    /// Whether something is stopped that we would have to start.
    pub fn is_stopped(&self) -> bool {
        !self.stopped.is_empty()
    }

    /// Stops the appliers of all channels that run. The receivers go on: what the primary sends is kept (and, with
    /// semi-sync, acknowledged), but not applied. What was stopped is remembered even where the answer was lost.
    pub async fn stop(&mut self, session: &mut Session, version: Version) -> Result<(), SqlError> {
        for channel in channels(session)
            .await?
            .into_iter()
            .filter(|channel| channel.applier_runs)
        {
            let sql = statement("STOP", version, &channel.channel);
            if !self.stopped.contains(&channel.channel) {
                self.stopped.push(channel.channel);
            }
            answered(session.exec(&sql)).await?;
        }
        Ok(())
    }

    /// Starts again what was stopped.
    pub async fn start(&mut self, session: &mut Session, version: Version) -> Result<(), SqlError> {
        while let Some(channel) = self.stopped.last() {
            answered(session.exec(&statement("START", version, channel))).await?;
            self.stopped.pop();
        }
        Ok(())
    }

    /// The statements that start it again, for people.
    pub fn to_start(&self, version: Version) -> String {
        to_start(version, self.stopped.iter().map(String::as_str))
    }
}

async fn answered(answer: impl Future<Output = Result<u64, SqlError>>) -> Result<(), SqlError> {
    let limit = Duration::from_secs(STOP_SECONDS_MAX);
    // As a lost session: the attempt is given up and may be made again.
    let late = |_| SqlError::silent("STOP or START REPLICA SQL_THREAD", limit);
    tokio::time::timeout(limit, answer)
        .await
        .map_err(late)?
        .map(|_| ())
}

/// With the channel always named: without, the statement means all of them.
fn statement(verb: &str, version: Version, channel: &str) -> String {
    let channel = channel.replace('\'', "''");
    format!("{verb} {} SQL_THREAD FOR CHANNEL '{channel}'", word(version))
}

/// What the server calls a replica in its statements.
pub fn word(version: Version) -> &'static str {
    if version < SAYS_REPLICA {
        "SLAVE"
    } else {
        "REPLICA"
    }
}

/// The statements that start the appliers of these channels, as people write them.
fn to_start<'a>(version: Version, channels: impl Iterator<Item = &'a str>) -> String {
    let statements: Vec<String> = channels
        .map(|channel| match channel {
            "" => format!("START {};", word(version)),
            _ => format!("{};", statement("START", version, channel)),
        })
        .collect();
    statements.join(" ")
}

#[cfg(test)]
mod tests;
