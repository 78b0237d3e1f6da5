//! XA transactions that are prepared and not yet decided. Their changes are in the binlog before the place where a run
//! begins to read; only the locks that they hold tell which tables they changed.

use std::collections::BTreeSet;

use crate::mysql::catalog::{self, literal};
use crate::mysql::{Class, Session, SqlError};
use crate::schema::TableName;

/// What may still change a table without a key in the binlog from here on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecided {
    /// The prepared XA transactions of the whole server, each as `0x…`.
    pub xids: Vec<String>,
    /// The engine's transactions that have changed the table and are still open: the prepared ones are among them,
    /// nothing tells which.
    pub writers: BTreeSet<u64>,
}

/// Looks for them. `None`: the account may not know (`XA_RECOVER_ADMIN`, SELECT on `performance_schema`). Where nothing
/// is prepared, locks are not looked at: on a busy server the list of them is long.
pub async fn undecided(session: &mut Session, table: &TableName) -> Result<Option<Undecided>, SqlError> {
    let Some(xids) = catalog::prepared_xa(session).await? else {
        return Ok(None);
    };
    if xids.is_empty() {
        let writers = BTreeSet::new();
        return Ok(Some(Undecided { xids, writers }));
    }
    match session.rows(&writers_sql(table)).await {
        Ok(rows) => {
            let writers = rows.iter().filter_map(|row| row.u64(0)).collect();
            Ok(Some(Undecided { xids, writers }))
        }
        Err(error) if matches!(error.class(), Class::Access | Class::NoSuchTable) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whoever has changed a row holds an intention lock on the table; row locks may be implicit and are not listed then.
fn writers_sql(table: &TableName) -> String {
    format!(
        "SELECT DISTINCT ENGINE_TRANSACTION_ID FROM performance_schema.data_locks \
         WHERE OBJECT_SCHEMA = {} AND OBJECT_NAME = {} AND LOCK_TYPE = 'TABLE' AND LOCK_MODE LIKE 'IX%'",
        literal(&table.schema),
        literal(&table.table)
    )
}
