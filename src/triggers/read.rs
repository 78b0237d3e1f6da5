//! What the server says of a table's triggers.

use crate::mysql::{Session, SqlError, catalog::literal};
use crate::plan::triggers::Trigger;
use crate::schema::{TableName, quote_ident};

/// The triggers of a table; those of one moment in the order in which they fire. `information_schema` would show their
/// texts with every 4-byte character as `?`, so each is shown by itself.
pub async fn triggers(session: &mut Session, table: &TableName) -> Result<Vec<Trigger>, SqlError> {
    let sql = format!(
        "SELECT TRIGGER_NAME, ACTION_TIMING, EVENT_MANIPULATION, CREATED FROM information_schema.TRIGGERS WHERE {} {ORDER}",
        of(table)
    );
    let mut found = Vec::new();
    for row in session.rows(&sql).await? {
        let text = |index| row.text(index).unwrap_or_default();
        let name = text(0);
        let show = format!(
            "SHOW CREATE TRIGGER {}.{}",
            quote_ident(&table.schema),
            quote_ident(&name)
        );
        let shown = session.one(&show).await?.unwrap_or_default();
        let shown = |index| shown.text(index).unwrap_or_default();
        found.push(Trigger {
            timing: text(1),
            event: text(2),
            created: text(3),
            sql_mode: shown(1),
            text: shown(2),
            client_charset: shown(3),
            connection_collation: shown(4),
            database_collation: shown(5),
            name,
        });
    }
    Ok(found)
}

/// Name and time of making of each, in the same order.
pub(super) async fn moments(
    session: &mut Session,
    table: &TableName,
) -> Result<Vec<(String, String)>, SqlError> {
    let sql = format!(
        "SELECT TRIGGER_NAME, CREATED FROM information_schema.TRIGGERS WHERE {} {ORDER}",
        of(table)
    );
    let rows = session.rows(&sql).await?;
    let pair = |row: &crate::mysql::Row| Some((row.text(0)?, row.text(1)?));
    Ok(rows.iter().filter_map(pair).collect())
}

const ORDER: &str = "ORDER BY ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER";

fn of(table: &TableName) -> String {
    format!(
        "EVENT_OBJECT_SCHEMA = {} AND EVENT_OBJECT_TABLE = {}",
        literal(&table.schema),
        literal(&table.table)
    )
}
