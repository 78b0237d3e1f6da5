//! What a server says about the way that changes take through it. Gathered here, judged elsewhere.

use std::collections::{BTreeMap, HashMap};

use crate::error::Failure;
use crate::inspect::Version;
use crate::mysql::{Class, Session, SqlError, catalog};

/// A server, as far as it decides which changes reach the next one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// How we reach it: `host:port`.
    pub address: String,
    /// `server_uuid`.
    pub uuid: String,
    /// `server_id`.
    pub server_id: u32,
    /// Settings by their present names, values in upper case; what the server does not have is not in it.
    pub settings: BTreeMap<&'static str, String>,
    /// What it replicates from, one a channel. Empty also where the account may not know: see `may_ask`.
    pub upstream: Vec<Upstream>,
    /// The account may ask for the state of replication.
    pub may_ask: bool,
    /// `binlog_do_db` and `binlog_ignore_db`, in words; empty without.
    pub binlog_filters: Vec<String>,
    /// What performance_schema remembers; `None`: it is off, or the account may not read it.
    pub traces: Option<Traces>,
}

/// A replication channel's source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Upstream {
    /// `Source_Host`.
    pub host: String,
    /// `Source_Port`.
    pub port: u16,
    /// `Source_UUID`; empty if it was never reached.
    pub uuid: String,
    /// The channel; empty for the default one.
    pub channel: String,
    /// Events are received and applied.
    pub running: bool,
    /// Why not, in the server's words.
    pub error: String,
    /// `SQL_Delay`, seconds.
    pub delay: u64,
    /// Replication filters, `(name, value)`; empty without.
    pub filters: Vec<(String, String)>,
}

/// Counters and times that show what was done and undone between two looks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traces {
    /// When a setting was last set at run time, by its name.
    pub set_at: BTreeMap<String, String>,
    /// Statements since the server's start that change where events come from, or which of them are applied.
    pub commands: BTreeMap<String, u64>,
    /// By applier thread: statements that changed rows, which came as text and not as row events. `None`: not counted.
    pub applied_as_text: Option<BTreeMap<u64, u64>>,
}

/// Present name, and what it was called before 8.0.26.
const SETTINGS: &[(&str, &str)] = &[
    ("binlog_format", ""),
    ("binlog_order_commits", ""),
    ("log_bin", ""),
    ("log_replica_updates", "log_slave_updates"),
    ("read_only", ""),
    ("replica_exec_mode", "slave_exec_mode"),
    ("replica_parallel_workers", "slave_parallel_workers"),
    ("replica_preserve_commit_order", "slave_preserve_commit_order"),
    ("replica_skip_errors", "slave_skip_errors"),
    ("sql_replica_skip_counter", "sql_slave_skip_counter"),
    ("super_read_only", ""),
    ("version", ""),
    ("version_comment", ""),
];

/// Settings that must not be touched while a run is under way, not even for a moment. All are global only: a SET of one
/// session moves the time of a variable as well (seen on 9.7).
const WATCHED: &[&str] = &[
    "replica_exec_mode",
    "slave_exec_mode",
    "replica_parallel_workers",
    "slave_parallel_workers",
    "replica_preserve_commit_order",
    "slave_preserve_commit_order",
    "sql_replica_skip_counter",
    "sql_slave_skip_counter",
];

/// Columns of the replica status that hold filters.
const FILTERS: &[&str] = &[
    "Replicate_Do_DB",
    "Replicate_Ignore_DB",
    "Replicate_Do_Table",
    "Replicate_Ignore_Table",
    "Replicate_Wild_Do_Table",
    "Replicate_Wild_Ignore_Table",
    "Replicate_Rewrite_DB",
    "Replicate_Ignore_Server_Ids",
];

/// As performance_schema names them, before and since 8.0.22.
const COMMANDS: &str = "'statement/sql/change_repl_filter', 'statement/sql/change_master', 'statement/sql/change_replication_source'";

/// How a change of rows that was logged as text is counted when it is applied. A call of a routine is counted by the
/// statements in it.
const AS_TEXT: &str = "'statement/sql/insert', 'statement/sql/insert_select', 'statement/sql/update', \
    'statement/sql/update_multi', 'statement/sql/delete', 'statement/sql/delete_multi', 'statement/sql/replace', \
    'statement/sql/replace_select', 'statement/sql/load', 'statement/sp/stmt'";

const APPLIERS: &str = "'thread/sql/replica_sql', 'thread/sql/replica_worker', 'thread/sql/slave_sql', 'thread/sql/slave_worker'";

impl Facts {
    /// A setting, in upper case; empty if the server does not have it.
    pub fn setting(&self, name: &str) -> &str {
        self.settings.get(name).map(String::as_str).unwrap_or_default()
    }

    /// A setting is ON.
    pub fn on(&self, name: &str) -> bool {
        matches!(self.setting(name), "ON" | "1")
    }

    /// The server's version.
    pub fn version(&self) -> Version {
        Version::parse(self.setting("version"))
    }

    /// It takes no writes of applications.
    pub fn is_read_only(&self) -> bool {
        self.on("read_only") || self.on("super_read_only")
    }
}

/// Asks a server that we reach at `address`.
pub async fn ask(session: &mut Session, address: &str) -> Result<Facts, SqlError> {
    let names: Vec<&str> = SETTINGS
        .iter()
        .flat_map(|(now, before)| [*now, *before])
        .chain(["server_uuid", "server_id"])
        .filter(|name| !name.is_empty())
        .collect();
    let variables = catalog::variables(session, &names).await?;
    let status = allowed(catalog::replica_status(session).await)?;
    let log = allowed(catalog::log_status(session).await)?.flatten();
    let text = |name: &str| variables.get(name).cloned().unwrap_or_default();
    Ok(Facts {
        address: address.to_owned(),
        uuid: text("server_uuid").to_ascii_lowercase(),
        server_id: text("server_id").parse().unwrap_or(0),
        settings: settings(&variables),
        may_ask: status.is_some(),
        upstream: status.unwrap_or_default().iter().map(upstream).collect(),
        binlog_filters: log.map(|row| binlog_filters(&row)).unwrap_or_default(),
        traces: allowed(traces(session).await)?,
    })
}

/// What the account may not know, or what the server does not have, is `None`.
fn allowed<T>(answer: Result<T, SqlError>) -> Result<Option<T>, SqlError> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if matches!(error.class(), Class::Lost | Class::Transient) => Err(error),
        Err(_) => Ok(None),
    }
}

fn settings(variables: &HashMap<String, String>) -> BTreeMap<&'static str, String> {
    let value = |now: &str, before: &str| variables.get(now).or_else(|| variables.get(before));
    SETTINGS
        .iter()
        .filter_map(|(now, before)| Some((*now, value(now, before)?.to_ascii_uppercase())))
        .collect()
}

type NamedRow = HashMap<String, Option<String>>;

fn upstream(row: &NamedRow) -> Upstream {
    let text = |now: &str| {
        let before = now.replace("Source", "Master").replace("Replica", "Slave");
        let value = row.get(now).or_else(|| row.get(&before));
        value.cloned().flatten().unwrap_or_default()
    };
    let runs = |thread: &str| text(thread).eq_ignore_ascii_case("yes");
    let filters = FILTERS.iter().map(|name| ((*name).to_owned(), text(name)));
    let errors = [text("Last_IO_Error"), text("Last_SQL_Error")];
    Upstream {
        host: text("Source_Host"),
        port: text("Source_Port").parse().unwrap_or(0),
        uuid: text("Source_UUID").to_ascii_lowercase(),
        channel: text("Channel_Name"),
        running: runs("Replica_IO_Running") && runs("Replica_SQL_Running"),
        error: errors
            .into_iter()
            .find(|error| !error.is_empty())
            .unwrap_or_default(),
        delay: text("SQL_Delay").parse().unwrap_or(0),
        filters: filters.filter(|(_, value)| !value.is_empty()).collect(),
    }
}

fn binlog_filters(row: &NamedRow) -> Vec<String> {
    [
        ("Binlog_Do_DB", "binlog_do_db"),
        ("Binlog_Ignore_DB", "binlog_ignore_db"),
    ]
    .iter()
    .filter_map(|(column, name)| {
        let value = row.get(*column).cloned().flatten()?;
        (!value.is_empty()).then(|| format!("{name} = {value}"))
    })
    .collect()
}

async fn traces(session: &mut Session) -> Result<Traces, SqlError> {
    let watched: Vec<String> = WATCHED.iter().map(|name| format!("'{name}'")).collect();
    let set_at = session
        .rows(&format!(
            "SELECT LOWER(VARIABLE_NAME), COALESCE(SET_TIME, '') FROM performance_schema.variables_info \
             WHERE VARIABLE_NAME IN ({})",
            watched.join(", ")
        ))
        .await?;
    let commands = session
        .rows(&format!(
            "SELECT EVENT_NAME, COUNT_STAR FROM performance_schema.events_statements_summary_global_by_event_name \
             WHERE EVENT_NAME IN ({COMMANDS})"
        ))
        .await?;
    Ok(Traces {
        set_at: set_at
            .iter()
            .filter_map(|row| Some((row.text(0)?, row.text(1)?)))
            .collect(),
        commands: commands
            .iter()
            .filter_map(|row| Some((row.text(0)?, row.u64(1)?)))
            .collect(),
        applied_as_text: applied_as_text(session).await?,
    })
}

/// Counted where the instrument, the consumers and the threads are all switched on, as they are by default.
async fn applied_as_text(session: &mut Session) -> Result<Option<BTreeMap<u64, u64>>, SqlError> {
    let off = session
        .one(&format!(
            "SELECT (SELECT COUNT(*) FROM performance_schema.setup_consumers WHERE ENABLED <> 'YES' \
               AND NAME IN ('global_instrumentation', 'thread_instrumentation')) \
             + (SELECT COUNT(*) FROM performance_schema.setup_instruments WHERE ENABLED <> 'YES' AND NAME IN ({AS_TEXT})) \
             + (SELECT COUNT(*) FROM performance_schema.threads WHERE INSTRUMENTED <> 'YES' AND NAME IN ({APPLIERS}))"
        ))
        .await?;
    if off.and_then(|row| row.u64(0)) != Some(0) {
        return Ok(None);
    }
    let rows = session
        .rows(&format!(
            "SELECT t.THREAD_ID, CAST(SUM(s.COUNT_STAR) AS UNSIGNED) FROM performance_schema.threads t \
             JOIN performance_schema.events_statements_summary_by_thread_by_event_name s USING (THREAD_ID) \
             WHERE t.NAME IN ({APPLIERS}) AND s.EVENT_NAME IN ({AS_TEXT}) GROUP BY t.THREAD_ID"
        ))
        .await?;
    Ok(Some(
        rows.iter()
            .filter_map(|row| Some((row.u64(0)?, row.u64(1)?)))
            .collect(),
    ))
}

/// The error of a look, in a run's words.
pub fn unread(error: &SqlError, address: &str) -> Failure {
    error.failure(format!(
        "What {address} replicates from, and how, could not be read."
    ))
}
