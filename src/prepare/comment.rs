//! Comments of tables, set under any `sql_mode`.

use crate::mysql::{Session, SqlError};
use crate::schema::TableName;

/// Sets a table's comment. Nothing but the data dictionary changes.
pub async fn set_comment(session: &mut Session, name: &TableName, text: &str) -> Result<(), SqlError> {
    with_comment(session, &format!("ALTER TABLE {name}"), text).await
}

/// Runs a DDL statement that ends with a `COMMENT`. The grammar takes a plain string there, no hex and no placeholder,
/// and what a backslash in it means depends on the `sql_mode`: so the statement gets the plain one. It has no date checks
/// either, under which a table with a zero default could not even be given a comment; and under NO_BACKSLASH_ESCAPES
/// the server cannot read its own text of an expression with a quote in it (error 1064 on 9.7).
pub(super) async fn with_comment(session: &mut Session, sql: &str, text: &str) -> Result<(), SqlError> {
    session
        .exec("SET @ghost_rs_sql_mode = @@sql_mode, sql_mode = ''")
        .await?;
    let result = session
        .exec(&format!(
            "{sql} COMMENT='{}'",
            text.replace('\\', "\\\\").replace('\'', "''")
        ))
        .await;
    if result.as_ref().is_err_and(|error| error.lost) {
        return result.map(drop);
    }
    session.exec("SET sql_mode = @ghost_rs_sql_mode").await?;
    result.map(drop)
}
