//! What every session of ours sets when it opens, so that nothing an administrator made a global default
//! (a row limit, a time limit, another isolation level) changes what our statements mean.

use std::time::Duration;

/// The settings of one session that differ between uses; the rest is the same everywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionSettings {
    /// `sql_mode`; `None` keeps the server's global one, which is what a DBA's own ALTER would run under.
    pub sql_mode: Option<String>,
    /// `time_zone`; `None` keeps the server's global one.
    pub time_zone: Option<String>,
    /// How long a statement waits for a metadata lock.
    pub lock_wait: Duration,
    /// How long a statement waits for a row lock.
    pub row_lock_wait: Duration,
    /// Log rows though the server's `binlog_format` is another: needs SESSION_VARIABLES_ADMIN. InnoDB under READ
    /// COMMITTED writes nothing in STATEMENT format.
    pub log_rows: bool,
}

/// What sessions write rows with: strict, so that a value that does not fit is an error; without the date modes, so
/// that a zero date in a column that the ALTER does not touch travels; 0 in an AUTO_INCREMENT column stays 0.
const COPY_SQL_MODE: &str = "STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION";

/// Longer than a server may be throttled or a cut-over postponed: 30 days (the variable's limit is 365).
const IDLE_SECONDS_MAX: u64 = 30 * 24 * 3600;

/// A slow reader or a full network must not make the server give up on us within minutes.
const NET_SECONDS_MAX: u64 = 3600;

impl SessionSettings {
    /// For sessions that move rows. The time zone decides what TIMESTAMP ↔ DATETIME conversions give, so it is the
    /// one a native ALTER would use: the server's.
    pub fn rows() -> Self {
        Self {
            sql_mode: Some(COPY_SQL_MODE.to_owned()),
            ..Self::ddl()
        }
    }

    /// For sessions that send DDL: `sql_mode` and `time_zone` as a DBA's own session would have them.
    pub fn ddl() -> Self {
        Self {
            sql_mode: None,
            time_zone: None,
            lock_wait: Duration::from_secs(10),
            row_lock_wait: Duration::from_secs(5),
            log_rows: false,
        }
    }

    /// The one SET statement that applies them, and everything that is common to all our sessions.
    pub fn statement(&self) -> String {
        let mut assignments = vec![
            "NAMES utf8mb4".to_owned(),
            format!(
                "sql_mode = {}",
                text_or_global(self.sql_mode.as_deref(), "sql_mode")
            ),
            format!(
                "time_zone = {}",
                text_or_global(self.time_zone.as_deref(), "time_zone")
            ),
            // The server rounds nothing: both variables want whole seconds, at least 1.
            format!("lock_wait_timeout = {}", self.lock_wait.as_secs().max(1)),
            format!(
                "innodb_lock_wait_timeout = {}",
                self.row_lock_wait.as_secs().max(1)
            ),
            format!("wait_timeout = {IDLE_SECONDS_MAX}, interactive_timeout = {IDLE_SECONDS_MAX}"),
            format!("net_read_timeout = {NET_SECONDS_MAX}, net_write_timeout = {NET_SECONDS_MAX}"),
        ];
        if self.log_rows {
            assignments.push("SESSION binlog_format = 'ROW'".to_owned());
        }
        assignments.extend(COMMON.iter().map(|&assignment| assignment.to_owned()));
        format!("SET {}", assignments.join(", "))
    }
}

fn text_or_global(value: Option<&str>, variable: &str) -> String {
    // Names of modes and zones hold no backslash, so doubling quotes is enough in every sql_mode.
    value.map_or_else(
        || format!("@@GLOBAL.{variable}"),
        |text| format!("'{}'", text.replace('\'', "''")),
    )
}

/// The same for every session. Each stands for a global value that would change what our statements do.
const COMMON: &[&str] = &[
    // Reads of the source take no row locks only under READ COMMITTED.
    "SESSION transaction_isolation = 'READ-COMMITTED'",
    "SESSION transaction_read_only = OFF",
    "autocommit = ON",
    // CHAIN would open a transaction after each COMMIT.
    "completion_type = NO_CHAIN",
    // Limits on rows and time would cut a chunk or a verification short.
    "sql_select_limit = 18446744073709551615",
    "max_execution_time = 0",
    "sql_big_selects = ON",
    // A duplicate must be an error whatever the server's default says.
    "unique_checks = ON",
    "sql_safe_updates = OFF",
    "sql_auto_is_null = OFF",
    // Error messages are parsed for the index in the way; SHOW CREATE TABLE is compared.
    "lc_messages = 'en_US'",
    "sql_quote_show_create = ON",
    // Thousands of keys in one IN (…) stay a range scan, planned from statistics instead of a dive for each key.
    "range_optimizer_max_mem_size = 0",
    "eq_range_index_dive_limit = 1",
    // The catalog's numbers as they are now. The invisible primary key that the server generates (8.0.30) is a column
    // like any other to us.
    "information_schema_stats_expiry = 0",
    "group_concat_max_len = 1048576 /*!80030 , show_gipk_in_create_table_and_information_schema = ON */",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_statement_with_everything() {
        let sql = SessionSettings {
            time_zone: Some("+00:00".into()),
            ..SessionSettings::rows()
        }
        .statement();
        assert!(
            sql.starts_with("SET NAMES utf8mb4, sql_mode = 'STRICT_ALL_TABLES,"),
            "{sql}"
        );
        assert!(sql.contains("time_zone = '+00:00'"), "{sql}");
        assert!(sql.contains("transaction_isolation = 'READ-COMMITTED'"), "{sql}");
    }

    #[test]
    fn ddl_runs_as_a_native_alter_would() {
        let sql = SessionSettings::ddl().statement();
        assert!(
            sql.contains("sql_mode = @@GLOBAL.sql_mode, time_zone = @@GLOBAL.time_zone"),
            "{sql}"
        );
    }

    #[test]
    fn waits_are_whole_seconds_and_never_zero() {
        let settings = SessionSettings {
            lock_wait: Duration::from_millis(300),
            ..SessionSettings::rows()
        };
        assert!(settings.statement().contains(" lock_wait_timeout = 1,"));
    }
}
