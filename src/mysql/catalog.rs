//! The catalog's queries: each sends one statement and gives its rows as typed values. What they mean for a run is
//! decided in `inspect`.
//!
//! Values go into statements as hex literals, which are read the same under every `sql_mode` and connection charset.
//! The statistics are exact: sessions set `information_schema_stats_expiry = 0`.

use std::collections::HashMap;

use super::codes::Class;
use super::session::{Row, Session, SqlError};
use crate::schema::{Column, Generated, IndexPart, TableName, UniqueKey};
pub use crate::sql::text as literal;

/// What `information_schema.TABLES` says of one table or view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableEntry {
    /// The name, as the server spells it.
    pub name: TableName,
    /// `BASE TABLE`, `VIEW`, `SYSTEM VIEW`.
    pub kind: String,
    /// Storage engine; empty for views.
    pub engine: String,
    /// Table comment.
    pub comment: String,
    /// The next AUTO_INCREMENT value.
    pub auto_increment: Option<u64>,
    /// The engine's estimate.
    pub rows_estimate: u64,
    /// The engine's estimate, in bytes.
    pub row_bytes_estimate: u64,
    /// Data and indexes, in bytes.
    pub bytes: u64,
}

/// The table or view of this name, if the account may see it.
pub async fn table_entry(session: &mut Session, name: &TableName) -> Result<Option<TableEntry>, SqlError> {
    let sql = format!(
        "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_COMMENT, AUTO_INCREMENT, TABLE_ROWS, \
         AVG_ROW_LENGTH, DATA_LENGTH, INDEX_LENGTH FROM information_schema.TABLES \
         WHERE TABLE_SCHEMA = {} AND TABLE_NAME = {}",
        literal(&name.schema),
        literal(&name.table)
    );
    Ok(session.one(&sql).await?.map(|row| entry(&row)))
}

fn entry(row: &Row) -> TableEntry {
    let text = |index| row.text(index).unwrap_or_default();
    let number = |index| row.u64(index).unwrap_or(0);
    TableEntry {
        name: TableName::new(text(0), text(1)),
        kind: text(2),
        engine: text(3),
        comment: text(4),
        auto_increment: row.u64(5),
        rows_estimate: number(6),
        row_bytes_estimate: number(7),
        bytes: number(8).saturating_add(number(9)),
    }
}

/// All columns in the order of a row, and so of the binlog's row images. Tried on 9.7: an image holds invisible,
/// virtual and stored generated columns and the generated invisible primary key; it does not hold the hidden columns
/// behind functional indexes, which do not stand here either.
pub async fn columns(session: &mut Session, name: &TableName) -> Result<Vec<Column>, SqlError> {
    let sql = format!(
        "SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, IS_NULLABLE, CHARACTER_SET_NAME, COLLATION_NAME, EXTRA, \
         COLUMN_DEFAULT IS NOT NULL, CHARACTER_OCTET_LENGTH, DATETIME_PRECISION, NUMERIC_PRECISION, NUMERIC_SCALE \
         FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = {} AND TABLE_NAME = {} ORDER BY ORDINAL_POSITION",
        literal(&name.schema),
        literal(&name.table)
    );
    Ok(session
        .rows(&sql)
        .await?
        .iter()
        .enumerate()
        .map(|(ordinal, row)| column(ordinal, row))
        .collect())
}

fn column(ordinal: usize, row: &Row) -> Column {
    let text = |index| row.text(index).unwrap_or_default();
    let small = |index| row.u64(index).and_then(|number| u32::try_from(number).ok());
    let extra = text(6).to_ascii_uppercase();
    let nullable = text(3) == "YES";
    let generated = generated(&extra);
    let auto_increment = extra.contains("AUTO_INCREMENT");
    let expression_default = extra.contains("DEFAULT_GENERATED");
    Column {
        name: text(0),
        ordinal,
        data_type: text(1).to_ascii_lowercase(),
        column_type: text(2),
        nullable,
        charset: row.text(4),
        collation: row.text(5),
        generated,
        auto_increment,
        has_default: row.u64(7) == Some(1)
            || nullable
            || auto_increment
            || expression_default
            || generated.is_some(),
        octet_length: row.u64(8),
        fsp: small(9).and_then(|digits| u8::try_from(digits).ok()).unwrap_or(0),
        precision: small(10),
        scale: small(11),
    }
}

fn generated(extra: &str) -> Option<Generated> {
    if extra.contains("VIRTUAL GENERATED") {
        Some(Generated::Virtual)
    } else if extra.contains("STORED GENERATED") {
        Some(Generated::Stored)
    } else {
        None
    }
}

/// All unique indexes, the primary key first.
pub async fn unique_keys(session: &mut Session, name: &TableName) -> Result<Vec<UniqueKey>, SqlError> {
    let sql = format!(
        "SELECT INDEX_NAME, COLUMN_NAME, EXPRESSION, SUB_PART, COLLATION, NULLABLE, IS_VISIBLE \
         FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = {} AND TABLE_NAME = {} AND NON_UNIQUE = 0 \
         ORDER BY INDEX_NAME <> 'PRIMARY', INDEX_NAME, SEQ_IN_INDEX",
        literal(&name.schema),
        literal(&name.table)
    );
    let mut keys: Vec<UniqueKey> = Vec::new();
    for row in session.rows(&sql).await? {
        let name = row.text(0).unwrap_or_default();
        match keys.last_mut() {
            Some(key) if key.name == name => key.parts.push(index_part(&row)),
            _ => {
                let visible = row.text(6).as_deref() == Some("YES");
                keys.push(UniqueKey {
                    name,
                    parts: vec![index_part(&row)],
                    visible,
                });
            }
        }
    }
    Ok(keys)
}

fn index_part(row: &Row) -> IndexPart {
    IndexPart {
        column: row.text(1),
        expression: row.text(2).map(|text| unescaped(&text)),
        prefix: row.u64(3).and_then(|length| u32::try_from(length).ok()),
        descending: row.text(4).as_deref() == Some("D"),
        nullable: row.text(5).as_deref() == Some("YES"),
    }
}

/// The catalog shows an expression escaped as if it stood in a text.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let c = if c == '\\' {
            rest.next().map_or(c, |c| if c == 'n' { '\n' } else { c })
        } else {
            c
        };
        plain.push(c);
    }
    plain
}

/// What SHOW CREATE TABLE says.
pub async fn show_create(session: &mut Session, name: &TableName) -> Result<String, SqlError> {
    let row = session.one(&format!("SHOW CREATE TABLE {name}")).await?;
    Ok(row.and_then(|row| row.text(1)).unwrap_or_default())
}

/// A foreign key, seen from either side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignKey {
    /// The constraint's name.
    pub name: String,
    /// The table that holds the reference.
    pub child: TableName,
    /// The table referred to.
    pub parent: TableName,
    /// A change of the parent changes the child: CASCADE or SET NULL.
    pub cascades: bool,
}

/// The foreign keys of a table as child and as parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignKeys {
    /// Those that the account can see.
    pub seen: Vec<ForeignKey>,
    /// All are seen. Without PROCESS, children in schemas on which the account has no privilege are hidden.
    pub complete: bool,
}

/// The foreign keys of a table as child and as parent, in other schemas too.
pub async fn foreign_keys(session: &mut Session, name: &TableName) -> Result<ForeignKeys, SqlError> {
    match innodb_foreign_keys(session, name).await {
        Ok(seen) => Ok(ForeignKeys { seen, complete: true }),
        Err(error) if error.class() == Class::Access => Ok(ForeignKeys {
            seen: visible_foreign_keys(session, name).await?,
            complete: false,
        }),
        Err(error) => Err(error),
    }
}

async fn innodb_foreign_keys(session: &mut Session, name: &TableName) -> Result<Vec<ForeignKey>, SqlError> {
    let id = literal(&format!("{}/{}", name.schema, name.table));
    let sql = format!(
        "SELECT ID, FOR_NAME, REF_NAME, TYPE FROM information_schema.INNODB_FOREIGN \
         WHERE FOR_NAME = {id} OR REF_NAME = {id} ORDER BY ID"
    );
    let rows = session.rows(&sql).await?;
    let split = |text: Option<String>| {
        let text = text.unwrap_or_default();
        let (schema, table) = text.split_once('/').unwrap_or(("", &text));
        TableName::new(schema, table)
    };
    let key = |row: &Row| ForeignKey {
        name: split(row.text(0)).table,
        child: split(row.text(1)),
        parent: split(row.text(2)),
        // Bits for CASCADE and SET NULL, on DELETE and on UPDATE.
        cascades: row.u64(3).is_none_or(|kind| kind & 0b1111 != 0),
    };
    Ok(rows.iter().map(key).collect())
}

async fn visible_foreign_keys(session: &mut Session, name: &TableName) -> Result<Vec<ForeignKey>, SqlError> {
    let (schema, table) = (literal(&name.schema), literal(&name.table));
    let sql = format!(
        "SELECT CONSTRAINT_NAME, CONSTRAINT_SCHEMA, TABLE_NAME, UNIQUE_CONSTRAINT_SCHEMA, REFERENCED_TABLE_NAME, \
         'CASCADE' IN (UPDATE_RULE, DELETE_RULE) OR 'SET NULL' IN (UPDATE_RULE, DELETE_RULE) \
         FROM information_schema.REFERENTIAL_CONSTRAINTS \
         WHERE (CONSTRAINT_SCHEMA = {schema} AND TABLE_NAME = {table}) \
         OR (UNIQUE_CONSTRAINT_SCHEMA = {schema} AND REFERENCED_TABLE_NAME = {table}) ORDER BY 1, 2"
    );
    let rows = session.rows(&sql).await?;
    let text = |row: &Row, index| row.text(index).unwrap_or_default();
    let key = |row: &Row| ForeignKey {
        name: text(row, 0),
        child: TableName::new(text(row, 1), text(row, 2)),
        parent: TableName::new(text(row, 3), text(row, 4)),
        cascades: row.u64(5) != Some(0),
    };
    Ok(rows.iter().map(key).collect())
}

/// The triggers of a table as `name (BEFORE INSERT)`. Without the TRIGGER privilege the server shows none.
pub async fn triggers(session: &mut Session, name: &TableName) -> Result<Vec<String>, SqlError> {
    let sql = format!(
        "SELECT CONCAT(TRIGGER_NAME, ' (', ACTION_TIMING, ' ', EVENT_MANIPULATION, ')') \
         FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = {} AND EVENT_OBJECT_TABLE = {} \
         ORDER BY TRIGGER_NAME",
        literal(&name.schema),
        literal(&name.table)
    );
    texts(session, &sql).await
}

/// The names of all tables and views of a schema that the account may see.
pub async fn table_names(session: &mut Session, schema: &str) -> Result<Vec<String>, SqlError> {
    let sql = format!(
        "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = {}",
        literal(schema)
    );
    texts(session, &sql).await
}

/// The names of all schemas that the account may see.
pub async fn schema_names(session: &mut Session) -> Result<Vec<String>, SqlError> {
    texts(session, "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA").await
}

/// The lines of SHOW GRANTS. They include what the active roles give.
pub async fn grants(session: &mut Session) -> Result<Vec<String>, SqlError> {
    texts(session, "SHOW GRANTS").await
}

/// The account that the server took us for.
pub async fn current_user(session: &mut Session) -> Result<String, SqlError> {
    Ok(texts(session, "SELECT CURRENT_USER()")
        .await?
        .into_iter()
        .next()
        .unwrap_or_default())
}

/// CHECK constraints of a table, in the order of their names.
pub async fn check_constraints(
    session: &mut Session,
    name: &TableName,
) -> Result<Vec<(String, String)>, SqlError> {
    let sql = format!(
        "SELECT t.CONSTRAINT_NAME, c.CHECK_CLAUSE FROM information_schema.TABLE_CONSTRAINTS t \
         JOIN information_schema.CHECK_CONSTRAINTS c \
         ON c.CONSTRAINT_SCHEMA = t.CONSTRAINT_SCHEMA AND c.CONSTRAINT_NAME = t.CONSTRAINT_NAME \
         WHERE t.TABLE_SCHEMA = {} AND t.TABLE_NAME = {} AND t.CONSTRAINT_TYPE = 'CHECK' ORDER BY t.CONSTRAINT_NAME",
        literal(&name.schema),
        literal(&name.table)
    );
    let rows = session.rows(&sql).await?;
    Ok(rows
        .iter()
        .map(|row| (row.text(0).unwrap_or_default(), row.text(1).unwrap_or_default()))
        .collect())
}

/// Global variables by lower-case name. One that this server does not know is not in the answer.
pub async fn variables(session: &mut Session, names: &[&str]) -> Result<HashMap<String, String>, SqlError> {
    // SHOW needs no privilege and, unlike SELECT @@name, does not mind an unknown name.
    show(session, "VARIABLES", names).await
}

/// Global status variables by lower-case name. One that this server does not know is not in the answer.
pub async fn status(session: &mut Session, names: &[&str]) -> Result<HashMap<String, String>, SqlError> {
    show(session, "STATUS", names).await
}

async fn show(
    session: &mut Session,
    what: &str,
    names: &[&str],
) -> Result<HashMap<String, String>, SqlError> {
    let list: Vec<String> = names.iter().map(|name| literal(name)).collect();
    let sql = format!("SHOW GLOBAL {what} WHERE Variable_name IN ({})", list.join(", "));
    let rows = session.rows(&sql).await?;
    let pair = |row: &Row| Some((row.text(0)?.to_ascii_lowercase(), row.text(1)?));
    Ok(rows.iter().filter_map(pair).collect())
}

/// SHOW BINARY LOG STATUS, by column. `None` where there is no binlog.
pub async fn log_status(session: &mut Session) -> Result<Option<HashMap<String, Option<String>>>, SqlError> {
    Ok(either(session, "SHOW BINARY LOG STATUS", "SHOW MASTER STATUS")
        .await?
        .into_iter()
        .next())
}

/// SHOW REPLICA STATUS, by column, one row a channel.
pub async fn replica_status(session: &mut Session) -> Result<Vec<HashMap<String, Option<String>>>, SqlError> {
    either(session, "SHOW REPLICA STATUS", "SHOW SLAVE STATUS").await
}

/// Sends the newer statement (8.0.22, 8.2), and the older one where it is not known.
async fn either(
    session: &mut Session,
    newer: &str,
    older: &str,
) -> Result<Vec<HashMap<String, Option<String>>>, SqlError> {
    match session.named(newer).await {
        Err(error) if error.code == Some(ER_PARSE_ERROR) => session.named(older).await,
        answer => answer,
    }
}

const ER_PARSE_ERROR: u16 = 1064;

/// The prepared XA transactions, each as the server's `0x…` of its id. `None`: the account may not know
/// (`XA_RECOVER_ADMIN`).
pub async fn prepared_xa(session: &mut Session) -> Result<Option<Vec<String>>, SqlError> {
    match session.rows("XA RECOVER CONVERT XID").await {
        Ok(rows) => Ok(Some(rows.iter().filter_map(|row| row.text(3)).collect())),
        // The server answers XAER_RMERR where the privilege is missing.
        Err(error) if !error.lost => Ok(None),
        Err(error) => Err(error),
    }
}

async fn texts(session: &mut Session, sql: &str) -> Result<Vec<String>, SqlError> {
    Ok(session
        .rows(sql)
        .await?
        .iter()
        .filter_map(|row| row.text(0))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_hex() {
        assert_eq!(literal("a'b"), "_utf8mb4 0x612762");
        assert_eq!(literal(""), "''");
    }

    #[test]
    fn columns_know_their_defaults() {
        let cell = |text: &str| Some(text.as_bytes().to_vec());
        let row = |nullable: &str, extra: &str, default: &str| {
            let mut cells = vec![
                cell("c"),
                cell("INT"),
                cell("int unsigned"),
                cell(nullable),
                None,
                None,
                cell(extra),
            ];
            cells.extend([cell(default), None, None, cell("10"), cell("0")]);
            column(3, &Row(cells))
        };
        assert!(!row("NO", "", "0").has_default);
        assert!(row("YES", "", "0").has_default);
        assert!(row("NO", "", "1").has_default);
        assert!(row("NO", "DEFAULT_GENERATED", "0").has_default);
        assert!(row("NO", "auto_increment INVISIBLE", "0").auto_increment);
        assert_eq!(
            row("NO", "STORED GENERATED INVISIBLE", "0").generated,
            Some(Generated::Stored)
        );
        assert_eq!(row("NO", "", "0").precision, Some(10));
    }
}
