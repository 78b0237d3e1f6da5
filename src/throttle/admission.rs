//! What may be asked for: status variables that the server knows, control replicas that replicate from it. Checked at the
//! start, and again before a command may change a knob.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::{
    config::{Address, Connection, Thresholds},
    error::{Exit, Failure},
    inspect,
    knobs::Knobs,
    mysql::{Session, SessionSettings, Sessions, SqlError, catalog, connect},
    schema::TableName,
};

/// Our changelog must have come to a replica of a replica within this.
const CHANGELOG_MAX: Duration = Duration::from_secs(5);
/// A wish of an operator is checked within this.
const CHECK_MAX: Duration = Duration::from_secs(7);
const LOOK: Duration = Duration::from_millis(100);

/// How control replicas are reached, and known to get our marks.
#[derive(Clone, Debug)]
pub struct Peers {
    connection: Connection,
    primary_uuid: String,
    changelog: TableName,
    /// The comment of this run's changelog.
    comment: String,
}

/// What a server says of its replication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Upstream {
    /// From the very server where we write.
    Direct(Channel),
    /// From others, which may replicate from it.
    Others(Vec<Channel>),
    /// It is that server.
    Itself,
}

/// One channel of a replica.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// `server_uuid` of its source; empty if it was never connected.
    pub source: String,
    /// What is not running, in words.
    pub stands_still: Option<String>,
}

/// Says whether a wish can be granted.
#[derive(Clone, Debug)]
pub struct Admission {
    primary: Sessions,
    peers: Peers,
}

impl Peers {
    /// `connection`: account and encryption for all of them; `primary_uuid`: the server where rows are written;
    /// `comment`: that of its changelog.
    pub fn new(connection: Connection, primary_uuid: String, changelog: TableName, comment: String) -> Self {
        Self {
            connection,
            primary_uuid,
            changelog,
            comment,
        }
    }

    /// The table of our marks.
    pub fn changelog(&self) -> &TableName {
        &self.changelog
    }

    /// Sessions on one of them. Fails where the account's files cannot be used.
    pub fn sessions(&self, address: &Address) -> Result<Sessions, Failure> {
        let connection = Connection {
            host: address.host.clone(),
            port: address.port,
            socket: None,
            ..self.connection.clone()
        };
        let opts = connect::opts(&connection)?;
        Ok(Sessions::new(
            opts,
            connection.connect_timeout,
            SessionSettings::ddl(),
        ))
    }

    /// What the server on the other side replicates from.
    pub async fn upstream(&self, session: &mut Session) -> Result<Upstream, SqlError> {
        let own = session
            .one("SELECT @@server_uuid")
            .await?
            .and_then(|row| row.text(0));
        if own.as_ref() == Some(&self.primary_uuid) {
            return Ok(Upstream::Itself);
        }
        let channels = catalog::replica_status(session).await?;
        Ok(Upstream::of(
            channels.iter().map(channel).collect(),
            &self.primary_uuid,
        ))
    }

    /// The changelog of this very run is there.
    pub async fn has_our_changelog(&self, session: &mut Session) -> Result<bool, SqlError> {
        let entry = catalog::table_entry(session, &self.changelog).await?;
        Ok(entry.is_some_and(|entry| entry.comment == self.comment))
    }

    async fn changelog_arrives(&self, session: &mut Session) -> Result<bool, SqlError> {
        let begun = Instant::now();
        while begun.elapsed() < CHANGELOG_MAX {
            if self.has_our_changelog(session).await? {
                return Ok(true);
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(false)
    }
}

impl Upstream {
    fn of(channels: Vec<Channel>, primary: &str) -> Self {
        let direct = channels.iter().find(|channel| channel.source == primary);
        direct.cloned().map_or(Self::Others(channels), Self::Direct)
    }

    /// Nothing, or why our marks cannot be arriving.
    pub fn replicates(&self) -> Result<(), String> {
        let channels = match self {
            Self::Itself => return Err("it is the server where rows are written".to_owned()),
            Self::Direct(channel) => std::slice::from_ref(channel),
            Self::Others(channels) => channels,
        };
        let Some(first) = channels.first() else {
            return Err("it does not replicate from any server".to_owned());
        };
        if channels.iter().any(|channel| channel.stands_still.is_none()) {
            return Ok(());
        }
        Err(first.stands_still.clone().unwrap_or_default())
    }
}

fn channel(row: &HashMap<String, Option<String>>) -> Channel {
    let text = |names: [&str; 2]| {
        let value = names.iter().find_map(|name| row.get(*name).cloned().flatten());
        value.unwrap_or_default()
    };
    let receiver = text(["Replica_IO_Running", "Slave_IO_Running"]);
    let applier = text(["Replica_SQL_Running", "Slave_SQL_Running"]);
    let runs = receiver == "Yes" && applier == "Yes";
    Channel {
        source: text(["Source_UUID", "Master_UUID"]),
        stands_still: (!runs)
            .then(|| format!("it does not replicate (receiver: {receiver}, applier: {applier})")),
    }
}

impl Admission {
    /// `primary`: sessions on the server where rows are written.
    pub fn new(primary: Sessions, peers: Peers) -> Self {
        Self { primary, peers }
    }

    /// Refuses what cannot be watched among that which has been changed. A run waits for the answer, so it comes within
    /// some seconds.
    pub async fn refuses(&self, old: &Knobs, new: &Knobs) -> Result<(), Failure> {
        let checks = async {
            if new.max_load != old.max_load {
                self.thresholds("max-load", &new.max_load).await?;
            }
            if new.critical_load != old.critical_load {
                self.thresholds("critical-load", &new.critical_load).await?;
            }
            if new.control_replicas != old.control_replicas {
                self.replicas(&new.control_replicas).await?;
            }
            Ok(())
        };
        let late = |_| {
            Err(Failure::refused(format!(
                "It could not be checked within {CHECK_MAX:?}."
            )))
        };
        tokio::time::timeout(CHECK_MAX, checks).await.unwrap_or_else(late)
    }

    /// Refuses replicas that do not get our marks. One that cannot be reached, or does not replicate now, is taken: it
    /// holds the run back until it does.
    pub async fn replicas(&self, replicas: &[Address]) -> Result<(), Failure> {
        let mut problems = Vec::new();
        for address in replicas {
            match self.replica(address).await {
                Ok(()) => {}
                Err(failure) if failure.exit == Exit::Unreachable => {
                    tracing::warn!("the control replica {address} cannot be reached yet: {failure}");
                }
                Err(failure) => problems.push(failure),
            }
        }
        inspect::together("--throttle-control-replicas cannot be watched", problems)
    }

    async fn replica(&self, address: &Address) -> Result<(), Failure> {
        let mut session = self.peers.sessions(address)?.open("throttle").await?;
        let result = self.judge(address, &mut session).await;
        session.close().await;
        result
    }

    async fn judge(&self, address: &Address, session: &mut Session) -> Result<(), Failure> {
        let unread =
            |error: SqlError| error.failure(format!("What {address} replicates from could not be read."));
        let what = match self.peers.upstream(session).await.map_err(unread)? {
            Upstream::Direct(_) => return Ok(()),
            Upstream::Itself => "it is the server where rows are written".to_owned(),
            Upstream::Others(channels) => {
                let unknown = channels.iter().any(|channel| channel.source.is_empty());
                if unknown || self.peers.changelog_arrives(session).await.map_err(unread)? {
                    return Ok(());
                }
                elsewhere(&channels)
            }
        };
        Err(Failure::refused(format!(
            "{address} is not a replica of the server where rows are written."
        ))
        .detail(format!(
            "server_uuid there: {}; {address}: {what}",
            self.peers.primary_uuid
        ))
        .hint("--throttle-control-replicas names replicas of that server, or replicas of those."))
    }

    /// Refuses variables that SHOW GLOBAL STATUS does not know as numbers.
    pub async fn thresholds(&self, flag: &str, thresholds: &Thresholds) -> Result<(), Failure> {
        if thresholds.0.is_empty() {
            return Ok(());
        }
        let mut session = self.primary.open("throttle").await?;
        let result = known(&mut session, flag, thresholds).await;
        session.close().await;
        result
    }
}

fn elsewhere(channels: &[Channel]) -> String {
    let sources: Vec<&str> = channels.iter().map(|channel| channel.source.as_str()).collect();
    match sources.is_empty() {
        true => "does not replicate from any server".to_owned(),
        false => format!(
            "replicates from {}, and our changelog does not arrive there",
            sources.join(", ")
        ),
    }
}

/// Refuses variables that the server of this session does not know as numbers.
pub async fn known(session: &mut Session, flag: &str, thresholds: &Thresholds) -> Result<(), Failure> {
    if thresholds.0.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = thresholds.0.iter().map(|(name, _)| name.as_str()).collect();
    let status = catalog::status(session, &names)
        .await
        .map_err(|error| error.failure("The server's status could not be read."))?;
    let is_number = |name: &str| {
        let value = status.get(&name.to_ascii_lowercase());
        value.is_some_and(|value| value.parse::<u64>().is_ok())
    };
    let unknown: Vec<&str> = names.into_iter().filter(|name| !is_number(name)).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "{flag} names what is no number of SHOW GLOBAL STATUS on this server."
    ))
    .detail(unknown.join(", "))
    .hint("For example: Threads_running=25."))
}
