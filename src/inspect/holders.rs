//! Who holds a metadata lock on a table. A swap that asks for the table while such a session is idle in its transaction
//! would queue behind it, and every statement of the application behind the swap.

use crate::mysql::catalog::literal;
use crate::mysql::{Class, Row, Session, SqlError};
use crate::schema::TableName;

/// A statement's text is cut here.
const INFO_CHARS_MAX: usize = 200;

/// A session that holds a metadata lock on the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its id in the process list.
    pub id: u64,
    /// Its account's name.
    pub user: String,
    /// Where it connects from.
    pub host: String,
    /// How long its transaction runs, or its statement where there is no transaction, in seconds.
    pub seconds: u64,
    /// `Sleep`, `Query`, …
    pub command: String,
    /// The statement it runs, cut; empty while it is idle.
    pub info: String,
}

/// The other sessions that hold a lock on `table` and have done so for at least `seconds_min`. `ours` are connection
/// ids to leave out. `None`: the account may not read `performance_schema`.
pub async fn holders(
    session: &mut Session,
    table: &TableName,
    ours: &[u32],
    seconds_min: u64,
) -> Result<Option<Vec<Holder>>, SqlError> {
    match session.rows(&query(table, session.id(), ours, seconds_min)).await {
        Ok(rows) => Ok(Some(rows.iter().map(holder).collect())),
        Err(error) if matches!(error.class(), Class::Access | Class::NoSuchTable) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Statements come as hex and are not compared with anything: a comparison converts them to utf8mb3 and fails as soon
/// as any session's statement holds a 4-byte character.
fn query(table: &TableName, own: u32, ours: &[u32], seconds_min: u64) -> String {
    let ids: Vec<String> = ours.iter().chain([&own]).map(u32::to_string).collect();
    // A transaction's own age where it is instrumented (it is by default); a statement's or an idle time else.
    let seconds =
        "GREATEST(COALESCE(MAX(e.TIMER_WAIT) DIV 1000000000000, 0), COALESCE(MAX(t.PROCESSLIST_TIME), 0))";
    format!(
        "SELECT t.PROCESSLIST_ID, MAX(t.PROCESSLIST_USER), MAX(t.PROCESSLIST_HOST), {seconds} AS seconds, \
         MAX(t.PROCESSLIST_COMMAND), MAX(HEX(t.PROCESSLIST_INFO)) \
         FROM performance_schema.metadata_locks l \
         JOIN performance_schema.threads t ON t.THREAD_ID = l.OWNER_THREAD_ID \
         LEFT JOIN performance_schema.events_transactions_current e \
         ON e.THREAD_ID = t.THREAD_ID AND e.STATE = 'ACTIVE' \
         WHERE l.OBJECT_TYPE = 'TABLE' AND l.OBJECT_SCHEMA = {} AND l.OBJECT_NAME = {} \
         AND l.LOCK_STATUS = 'GRANTED' AND t.PROCESSLIST_ID NOT IN ({}) \
         GROUP BY t.PROCESSLIST_ID HAVING seconds >= {seconds_min} ORDER BY seconds DESC",
        literal(&table.schema),
        literal(&table.table),
        ids.join(", ")
    )
}

/// Account and host of a session, as `user@host`. `None`: there is no such session any more.
pub async fn account_of(session: &mut Session, id: u32) -> Result<Option<String>, SqlError> {
    let sql = format!(
        "SELECT PROCESSLIST_USER, PROCESSLIST_HOST FROM performance_schema.threads WHERE PROCESSLIST_ID = {id}"
    );
    let row = session.one(&sql).await?;
    let text = |row: &Row, index| row.text(index).unwrap_or_default();
    Ok(row.map(|row| format!("{}@{}", text(&row, 0), text(&row, 1))))
}

fn holder(row: &Row) -> Holder {
    let text = |index| row.text(index).unwrap_or_default();
    Holder {
        id: row.u64(0).unwrap_or(0),
        user: text(1),
        host: text(2),
        seconds: row.u64(3).unwrap_or(0),
        command: text(4),
        info: unhex(&text(5)).chars().take(INFO_CHARS_MAX).collect(),
    }
}

fn unhex(hex: &str) -> String {
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or(0);
    let byte = |pair: &[u8]| pair.iter().fold(0_u32, |value, byte| value * 16 + digit(*byte));
    let bytes: Vec<u8> = hex
        .as_bytes()
        .chunks(2)
        .filter_map(|pair| u8::try_from(byte(pair)).ok())
        .collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_becomes_text() {
        assert_eq!(unhex("F09F9880C3A9"), "😀é");
        assert_eq!(unhex(""), "");
    }

    #[test]
    fn our_sessions_are_left_out() {
        let sql = query(&TableName::new("s", "t"), 7, &[8, 9], 5);
        assert!(sql.contains("NOT IN (8, 9, 7)"), "{sql}");
    }
}
