//! The server: its version, its binlog, its role, and what of that stands against a run.

use std::collections::HashMap;

use super::{Version, replica};
use crate::config::Mode;
use crate::error::Failure;
use crate::mysql::catalog;
use crate::mysql::{Session, SqlError};

/// A place in the binlog, as the server reports it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogStatus {
    /// The current file.
    pub file: String,
    /// The offset behind the last transaction in it.
    pub position: u64,
    /// All transactions executed so far, without line breaks; empty without GTIDs.
    pub gtid_executed: String,
    /// `binlog_do_db`: if not empty, only these schemas are logged.
    pub only_schemas: Vec<String>,
    /// `binlog_ignore_db`: these are not logged.
    pub ignored_schemas: Vec<String>,
}

/// What a replica replicates from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaOf {
    /// Host and port of the source server.
    pub address: String,
    /// Replication channel; empty for the default one.
    pub channel: String,
    /// Its applier runs.
    pub applier_runs: bool,
    /// Why it does not, if an error stopped it; empty otherwise.
    pub error: String,
}

/// What the server says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// `VERSION()` in full.
    pub version_text: String,
    /// Its numbers.
    pub version: Version,
    /// Whether it is MariaDB.
    pub mariadb: bool,
    /// `hostname`, as the server knows itself.
    pub hostname: String,
    /// `server_uuid`.
    pub uuid: String,
    /// `server_id`: our stream must have another one.
    pub server_id: u32,
    /// `log_bin`.
    pub log_bin: bool,
    /// `binlog_format`, upper case.
    pub binlog_format: String,
    /// `binlog_row_image`, upper case.
    pub binlog_row_image: String,
    /// `log_replica_updates`: what a replica applies stands in its own binlog.
    pub log_replica_updates: bool,
    /// `binlog_order_commits`: what was seen in the log before a mark that returned is visible.
    pub binlog_order_commits: bool,
    /// `gtid_mode` is ON.
    pub gtid: bool,
    /// `read_only` or `super_read_only`, whichever is ON.
    pub read_only: Option<&'static str>,
    /// `lower_case_table_names`: 0 tells `t` from `T`.
    pub lower_case_table_names: u8,
    /// Global `sql_mode`.
    pub sql_mode: String,
    /// The global time zone, resolved where it is `SYSTEM`: an abbreviation then, only for people.
    pub time_zone: String,
    /// `max_allowed_packet`, bytes.
    pub max_allowed_packet: u64,
    /// `partial_revokes`: wildcards in grants are letters.
    pub partial_revokes: bool,
    /// What foreign keys change by CASCADE and SET NULL is logged: since 9.6, unless `innodb_native_foreign_keys` is ON.
    pub logs_cascades: bool,
    /// Where the binlog ends now. `None`: there is none, or the account may not know.
    pub log: Option<LogStatus>,
    /// Transactions that were prepared before we came; their changes may commit later. `None`: may not know.
    pub prepared_xa: Option<Vec<String>>,
    /// What this server replicates from. Empty also where the account may not know.
    pub replica_of: Vec<ReplicaOf>,
}

const VARIABLES: &[&str] = &[
    "binlog_format",
    "binlog_order_commits",
    "binlog_row_image",
    "gtid_mode",
    "hostname",
    "innodb_native_foreign_keys",
    "log_bin",
    "log_replica_updates",
    "log_slave_updates",
    "lower_case_table_names",
    "max_allowed_packet",
    "partial_revokes",
    "read_only",
    "server_id",
    "server_uuid",
    "sql_mode",
    "super_read_only",
    "system_time_zone",
    "time_zone",
    "version",
    "version_comment",
];

/// Asks the server. What the account may not see stays empty; `grants` names the privilege that is missing.
pub async fn server(session: &mut Session) -> Result<Server, Failure> {
    ask(session)
        .await
        .map_err(|error| error.failure("The server's settings could not be read."))
}

async fn ask(session: &mut Session) -> Result<Server, SqlError> {
    let variables = catalog::variables(session, VARIABLES).await?;
    let log = tolerate(catalog::log_status(session).await)?
        .flatten()
        .map(log_status);
    let prepared_xa = catalog::prepared_xa(session).await?;
    let replica_of = tolerate(channels(session).await)?.unwrap_or_default();
    Ok(from_variables(&variables, log, prepared_xa, replica_of))
}

/// What this server replicates from, and whether it does: one for each channel.
pub async fn channels(session: &mut Session) -> Result<Vec<ReplicaOf>, SqlError> {
    let rows = catalog::replica_status(session).await?;
    Ok(rows.iter().map(replica_of).collect())
}

/// A statement that the account may not send gives nothing; only a lost connection is an error here.
fn tolerate<T>(answer: Result<T, SqlError>) -> Result<Option<T>, SqlError> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.lost => Err(error),
        Err(_) => Ok(None),
    }
}

fn from_variables(
    variables: &HashMap<String, String>,
    log: Option<LogStatus>,
    prepared_xa: Option<Vec<String>>,
    replica_of: Vec<ReplicaOf>,
) -> Server {
    let text = |name: &str| variables.get(name).cloned().unwrap_or_default();
    let on = |name: &str| matches!(text(name).to_ascii_uppercase().as_str(), "ON" | "1");
    let version_text = text("version");
    let version = Version::parse(&version_text);
    Server {
        logs_cascades: version >= Version::new(9, 6, 0) && !on("innodb_native_foreign_keys"),
        version,
        mariadb: format!("{version_text}{}", text("version_comment"))
            .to_ascii_lowercase()
            .contains("mariadb"),
        version_text,
        hostname: text("hostname"),
        uuid: text("server_uuid"),
        server_id: text("server_id").parse().unwrap_or(0),
        log_bin: on("log_bin"),
        binlog_format: text("binlog_format").to_ascii_uppercase(),
        binlog_row_image: text("binlog_row_image").to_ascii_uppercase(),
        log_replica_updates: on("log_replica_updates") || on("log_slave_updates"),
        binlog_order_commits: on("binlog_order_commits"),
        gtid: text("gtid_mode").eq_ignore_ascii_case("ON"),
        read_only: ["super_read_only", "read_only"].into_iter().find(|name| on(name)),
        lower_case_table_names: text("lower_case_table_names").parse().unwrap_or(0),
        sql_mode: text("sql_mode"),
        time_zone: if text("time_zone") == "SYSTEM" {
            text("system_time_zone")
        } else {
            text("time_zone")
        },
        max_allowed_packet: text("max_allowed_packet").parse().unwrap_or(0),
        partial_revokes: on("partial_revokes"),
        log,
        prepared_xa,
        replica_of,
    }
}

type NamedRow = HashMap<String, Option<String>>;

fn log_status(row: NamedRow) -> LogStatus {
    let text = |name: &str| row.get(name).cloned().flatten().unwrap_or_default();
    let list = |name: &str| {
        text(name)
            .split(',')
            .filter(|schema| !schema.is_empty())
            .map(str::to_owned)
            .collect()
    };
    LogStatus {
        file: text("File"),
        position: text("Position").parse().unwrap_or(0),
        gtid_executed: text("Executed_Gtid_Set").replace(['\n', ' '], ""),
        only_schemas: list("Binlog_Do_DB"),
        ignored_schemas: list("Binlog_Ignore_DB"),
    }
}

fn replica_of(row: &NamedRow) -> ReplicaOf {
    let text = |names: [&str; 2]| {
        names
            .iter()
            .find_map(|name| row.get(*name).cloned().flatten())
            .unwrap_or_default()
    };
    let (host, port) = (
        text(["Source_Host", "Master_Host"]),
        text(["Source_Port", "Master_Port"]),
    );
    ReplicaOf {
        address: format!("{host}:{port}"),
        channel: text(["Channel_Name", "Connection_name"]),
        applier_runs: text(["Replica_SQL_Running", "Slave_SQL_Running"]) == "Yes",
        error: text(["Last_SQL_Error", "Last_Error"]),
    }
}

impl Server {
    /// Whether changes of a schema's tables reach the binlog (`binlog_do_db`, `binlog_ignore_db`).
    pub fn logs_schema(&self, schema: &str) -> bool {
        let Some(log) = &self.log else { return true };
        let listed = |list: &[String]| list.iter().any(|name| name == schema);
        (log.only_schemas.is_empty() || listed(&log.only_schemas)) && !listed(&log.ignored_schemas)
    }

    /// Everything about this server that stands against changing a table of `schema` on it. `read_here`: its binlog is
    /// the one that is read; otherwise a replica's is, and `topology` judges what reaches it.
    pub fn problems(&self, schema: &str, mode: Mode, read_here: bool) -> Vec<Failure> {
        // Of an unsupported server nothing else that we could say would be of use.
        if let Some(problem) = self.version_problem() {
            return vec![problem];
        }
        [
            self.log_bin_problem(),
            self.format_problem().filter(|_| read_here),
            self.filter_problem(schema).filter(|_| read_here),
        ]
        .into_iter()
        .flatten()
        .chain(match mode {
            Mode::Primary => self.read_only_problem().into_iter().collect(),
            on_replica => replica::problems(self, on_replica),
        })
        .collect()
    }

    fn version_problem(&self) -> Option<Failure> {
        let what = if self.mariadb {
            "This is a MariaDB server, which this version of ghost-rs does not change tables on."
        } else if self.version < Version::OLDEST {
            "This MySQL server is too old."
        } else {
            return None;
        };
        let hint = format!("ghost-rs needs MySQL {} or later.", Version::OLDEST);
        Some(
            Failure::refused(what)
                .detail(format!("version: {}", self.version_text))
                .hint(hint),
        )
    }

    fn log_bin_problem(&self) -> Option<Failure> {
        if self.log_bin {
            return None;
        }
        let what = "The server writes no binlog (log_bin = OFF), so changes of the table cannot be followed.";
        Some(Failure::refused(what).hint("Start the server with --log-bin."))
    }

    fn format_problem(&self) -> Option<Failure> {
        if !self.log_bin || self.binlog_format == "ROW" {
            return None;
        }
        let what = format!(
            "The binlog is written in {} format; only ROW names the rows that change.",
            self.binlog_format
        );
        Some(Failure::refused(what).detail(format!("binlog_format = {}", self.binlog_format)).hint(
            "SET PERSIST binlog_format = 'ROW'; sessions that are open keep their format until they connect again.",
        ))
    }

    fn filter_problem(&self, schema: &str) -> Option<Failure> {
        if self.logs_schema(schema) {
            return None;
        }
        let log = self.log.as_ref()?;
        let what =
            format!("Changes of schema '{schema}' do not reach the binlog: the server filters them out.");
        let detail = format!(
            "binlog_do_db = '{}', binlog_ignore_db = '{}'",
            log.only_schemas.join(","),
            log.ignored_schemas.join(",")
        );
        Some(
            Failure::refused(what)
                .detail(detail)
                .hint("Start the server without this filter."),
        )
    }

    fn read_only_problem(&self) -> Option<Failure> {
        let variable = self.read_only?;
        let what = format!("The server takes no writes ({variable} = ON).");
        let hint = "Name the server that takes the writes with --assume-master-host, or give it as --host.";
        Some(
            Failure::refused(what)
                .detail(format!("hostname: {}", self.hostname))
                .hint(hint),
        )
    }

    /// What does not stand against a run and should be known.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if !self.binlog_order_commits {
            notes.push("binlog_order_commits = OFF: transactions may become visible in another order than the binlog's.".to_owned());
        }
        match self.prepared_xa.as_deref() {
            Some([]) => {}
            Some(xids) => notes.push(format!(
                "prepared XA transactions that are not decided: {}",
                xids.join(", ")
            )),
            None => {
                notes.push("prepared XA transactions cannot be listed without XA_RECOVER_ADMIN.".to_owned())
            }
        }
        notes
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A good primary, but for these variables.
    pub(in crate::inspect) fn server(changes: &[(&str, &str)]) -> Server {
        let good = [
            ("version", "9.7.4"),
            ("log_bin", "ON"),
            ("binlog_format", "ROW"),
            ("binlog_order_commits", "ON"),
            ("hostname", "db1"),
            ("server_id", "7"),
        ];
        let variables = good
            .iter()
            .chain(changes)
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        from_variables(
            &variables.collect(),
            Some(LogStatus::default()),
            Some(Vec::new()),
            Vec::new(),
        )
    }

    fn problems(server: &Server, read_here: bool) -> String {
        let problems: Vec<String> = server
            .problems("shop", Mode::Primary, read_here)
            .iter()
            .map(ToString::to_string)
            .collect();
        problems.join("\n")
    }

    #[test]
    fn a_good_primary() {
        assert_eq!(problems(&server(&[]), true), "");
        assert!(server(&[]).notes().is_empty());
    }

    #[test]
    fn what_is_refused() {
        let cases = [
            (("version", "8.0.12"), "too old"),
            (("version", "10.11.6-MariaDB"), "MariaDB"),
            (("log_bin", "OFF"), "no binlog"),
            (("binlog_format", "MIXED"), "MIXED"),
            (("super_read_only", "ON"), "super_read_only = ON"),
            (("read_only", "ON"), "(read_only = ON)"),
        ];
        for (change, words) in cases {
            let text = problems(&server(&[change]), true);
            assert!(
                text.contains(words) && text.lines().count() == 1,
                "{change:?}: {text}"
            );
        }
    }

    #[test]
    fn several_at_once() {
        let text = problems(&server(&[("log_bin", "OFF"), ("read_only", "ON")]), false);
        assert_eq!(text.lines().count(), 2, "{text}");
    }

    #[test]
    fn what_is_read_elsewhere_may_have_another_format() {
        let mixed = server(&[("binlog_format", "MIXED")]);
        assert_eq!(problems(&mixed, false), "");
    }

    #[test]
    fn filters_hide_schemas() {
        let mut filtered = server(&[]);
        filtered.log = Some(LogStatus {
            only_schemas: vec!["other".into()],
            ..LogStatus::default()
        });
        assert!(problems(&filtered, true).contains("binlog_do_db = 'other'"));
        filtered.log = Some(LogStatus {
            ignored_schemas: vec!["shop".into()],
            ..LogStatus::default()
        });
        assert!(problems(&filtered, true).contains("binlog_ignore_db = 'shop'"));
    }
}
