//! When a unique value that a row wants is still held by another ghost row.
//!
//! The wanted rows are put into a temporary table LIKE the ghost, without its unique keys: there they are exactly what
//! they will be in the ghost, converted, with generated columns and defaults. Joined with the ghost, that tells whose
//! rows hold their values.
//!
//! Those rows are read again with the batch (a hand-over from one row to another is done then), for [`ROUNDS_MAX`]
//! rounds; what is still in the way after that is deleted. All of them are *displaced*: reported, and dirty again. So a
//! chain through the whole table (`SET v = v + 1`) is as much work as its rows, not its square.
//!
//! Two *source* rows with one value can only be the ALTER's own doing (a new unique key, a narrower collation): both
//! are left out and reported as parked.

use std::collections::{BTreeMap, BTreeSet};

use super::sql;
use crate::{
    changes::{Batch, Flushed, Parked},
    key::Key,
    mysql::{Row, Session, SqlError},
    plan::work::Work,
    schema::{IndexPart, TableName, UniqueKey},
    sql::{key_in, quote_ident},
};

/// Rounds in which the holders of wanted values are read along.
const ROUNDS_MAX: u32 = 2;
/// Of a value that collides, so much is shown.
const SHOWN_CHARS_MAX: u32 = 100;

/// The temporary table of one session.
#[derive(Debug, Default)]
pub(super) struct Helper {
    made: bool,
}

/// Flushes a batch whose rows want values that other ghost rows hold. If the answer to COMMIT is lost, `touched` gets the
/// keys outside the batch that may be affected.
pub(super) async fn flush(
    session: &mut Session,
    helper: &mut Helper,
    touched: &mut BTreeSet<Key>,
    work: &Work,
    batch: &Batch,
) -> Result<Flushed, SqlError> {
    make(session, helper, work).await?;
    let wanted = wanted(session, work, batch).await?;
    let result = write(session, work, &wanted).await;
    let own: BTreeSet<&Key> = batch.keys.iter().map(|(key, _)| key).collect();
    let outside: Vec<Key> = wanted.keys.into_iter().filter(|key| !own.contains(key)).collect();
    match result {
        Ok(()) => Ok(flushed(outside, wanted.parked)),
        Err(error) => {
            if error.lost {
                touched.extend(outside);
            }
            Err(error)
        }
    }
}

/// Rows that were read along are as old as the read by the time they are written, and nothing keeps another flush off
/// them meanwhile: they are dirty again, like those that were only deleted. Parked ones are retried anyway.
fn flushed(outside: Vec<Key>, parked: BTreeMap<Key, String>) -> Flushed {
    let displaced = outside
        .into_iter()
        .filter(|key| !parked.contains_key(key))
        .collect();
    let parked = parked
        .into_iter()
        .map(|(key, wants)| Parked { key, wants })
        .collect();
    Flushed { displaced, parked }
}

/// What a batch has grown to.
struct Wanted {
    /// All whose ghost rows are deleted; the source rows of most are in the temporary table.
    keys: BTreeSet<Key>,
    /// Those that collide with one another: taken out of the temporary table.
    parked: BTreeMap<Key, String>,
}

async fn wanted(session: &mut Session, work: &Work, batch: &Batch) -> Result<Wanted, SqlError> {
    let mut keys: BTreeSet<Key> = batch.keys.iter().map(|(key, _)| key.clone()).collect();
    let mut rounds = 0;
    loop {
        if work.text_differs {
            keys.extend(equal_in_ghost(session, work, &keys).await?);
        }
        read(session, work, &keys).await?;
        let holders = holders(session, work, &keys).await?;
        let done = holders.is_empty() || rounds == ROUNDS_MAX;
        keys.extend(holders);
        if done {
            break;
        }
        rounds += 1;
    }
    let parked = collisions(session, work).await?;
    if !parked.is_empty() {
        let which = key_in(&work.ghost_key(None), &work.key, parked.keys());
        session
            .exec(&format!("DELETE FROM {} WHERE {which}", rows_table(work)))
            .await?;
    }
    Ok(Wanted { keys, parked })
}

async fn write(session: &mut Session, work: &Work, wanted: &Wanted) -> Result<(), SqlError> {
    let (ghost, rows, columns) = (&work.tables.ghost, rows_table(work), work.ghost_columns());
    session.exec(&sql::delete(work, &wanted.keys)).await?;
    session
        .exec(&format!(
            "INSERT INTO {ghost} ({columns}) SELECT {columns} FROM {rows}"
        ))
        .await?;
    session.exec("COMMIT").await?;
    Ok(())
}

fn rows_table(work: &Work) -> TableName {
    work.tables.ghost.sibling("_ghost_rs_rows")
}

/// Makes the temporary table, if the session has none yet.
pub(super) async fn make(session: &mut Session, helper: &mut Helper, work: &Work) -> Result<(), SqlError> {
    if helper.made {
        return Ok(());
    }
    let (table, ghost) = (rows_table(work), &work.tables.ghost);
    session
        .exec(&format!("DROP TEMPORARY TABLE IF EXISTS {table}"))
        .await?;
    if work.ghost_partitioned {
        let create = session.one(&format!("SHOW CREATE TABLE {ghost}")).await?;
        session.exec(&unpartitioned(create, &table)).await?;
    } else {
        session
            .exec(&format!("CREATE TEMPORARY TABLE {table} LIKE {ghost}"))
            .await?;
    }
    let unique: Vec<String> = work
        .other_unique
        .iter()
        .map(|key| without_unique(work, key))
        .collect();
    if !unique.is_empty() {
        session
            .exec(&format!("ALTER TABLE {table} {}", unique.join(", ")))
            .await?;
    }
    helper.made = true;
    Ok(())
}

/// A temporary table cannot be partitioned, nor made LIKE one that is.
fn unpartitioned(create: Option<Row>, table: &TableName) -> String {
    let create = create.and_then(|row| row.text(1)).unwrap_or_default();
    let body = create.split_once('(').map_or("", |(_, body)| body);
    let body = body
        .rfind("\n/*!50100 PARTITION BY")
        .and_then(|end| body.get(..end))
        .unwrap_or(body);
    format!("CREATE TEMPORARY TABLE {table} ({body}")
}

/// The index stays, because an AUTO_INCREMENT column needs one. In the place of a primary key comes the iteration key,
/// for servers that require one; only where its text may be equal there for two rows, none can be.
fn without_unique(work: &Work, key: &UniqueKey) -> String {
    let parts: Vec<String> = key.parts.iter().map(index_part).collect();
    let parts = parts.join(", ");
    if !key.is_primary() {
        return format!("DROP INDEX {}, ADD INDEX ({parts})", quote_ident(&key.name));
    }
    let primary = if work.text_differs {
        String::new()
    } else {
        format!(", ADD PRIMARY KEY ({})", work.ghost_key(None).list())
    };
    format!("DROP PRIMARY KEY, ADD INDEX ({parts}){primary}")
}

fn index_part(part: &IndexPart) -> String {
    match (&part.column, &part.expression, part.prefix) {
        (Some(column), _, Some(prefix)) => format!("{}({prefix})", quote_ident(column)),
        (Some(column), _, None) => quote_ident(column),
        (None, expression, _) => format!("({})", expression.as_deref().unwrap_or("NULL")),
    }
}

async fn read(session: &mut Session, work: &Work, keys: &BTreeSet<Key>) -> Result<(), SqlError> {
    let table = rows_table(work);
    session.exec(&format!("DELETE FROM {table}")).await?;
    session
        .exec(&format!(
            "INSERT INTO {table} ({}) {}",
            work.ghost_columns(),
            sql::select(work, keys)
        ))
        .await?;
    Ok(())
}

/// Keys of ghost rows outside the batch that hold a unique value which a row of the batch wants.
async fn holders(
    session: &mut Session,
    work: &Work,
    keys: &BTreeSet<Key>,
) -> Result<BTreeSet<Key>, SqlError> {
    let mut found = BTreeSet::new();
    for key in &work.other_unique {
        found.extend(fetch(session, work, &holders_sql(work, key)).await?);
    }
    Ok(found.difference(keys).cloned().collect())
}

/// Both sides are derived tables, so that an expression in a key part means each side's own columns; the optimizer
/// merges them and sees the index. NULL holds nothing, and `=` says so.
fn holders_sql(work: &Work, key: &UniqueKey) -> String {
    let values: Vec<String> = key
        .parts
        .iter()
        .enumerate()
        .map(|(n, part)| format!("{} AS v{n}", value(part)))
        .collect();
    let equal: Vec<String> = (0..key.parts.len()).map(|n| format!("g.v{n} = r.v{n}")).collect();
    let names: Vec<String> = ghost_key_values(work)
        .into_iter()
        .enumerate()
        .map(|(n, value)| format!("{value} AS k{n}"))
        .collect();
    let keys: Vec<String> = (0..names.len()).map(|n| format!("g.k{n}")).collect();
    let (values, names) = (values.join(", "), names.join(", "));
    format!(
        "SELECT DISTINCT {} FROM (SELECT {values} FROM {}) AS r STRAIGHT_JOIN (SELECT {names}, {values} FROM {} FORCE INDEX ({})) AS g ON {}",
        keys.join(", "),
        rows_table(work),
        work.tables.ghost,
        quote_ident(&key.name),
        equal.join(" AND ")
    )
}

/// What the index holds of a row.
fn value(part: &IndexPart) -> String {
    match (&part.column, &part.expression, part.prefix) {
        (Some(column), _, Some(prefix)) => format!("LEFT({}, {prefix})", quote_ident(column)),
        (Some(column), _, None) => quote_ident(column),
        (None, expression, _) => format!("({})", expression.as_deref().unwrap_or("NULL")),
    }
}

/// Keys of rows in the batch that want the same value, with index and value.
async fn collisions(session: &mut Session, work: &Work) -> Result<BTreeMap<Key, String>, SqlError> {
    let mut found = BTreeMap::new();
    let width = work.key.columns().len();
    for index in &work.other_unique {
        for row in session.rows(&collisions_sql(work, index)).await? {
            let key = key(work, row.0.get(..width).unwrap_or_default())?;
            let values: Vec<String> = (width..row.0.len()).filter_map(|n| row.text(n)).collect();
            found.insert(key, format!("{} = '{}'", index.name, values.join("-")));
        }
    }
    Ok(found)
}

/// A temporary table can stand in a statement only once, so a window counts.
fn collisions_sql(work: &Work, index: &UniqueKey) -> String {
    let values: Vec<String> = index.parts.iter().map(value).collect();
    let present: Vec<String> = values
        .iter()
        .map(|value| format!("{value} IS NOT NULL"))
        .collect();
    let keys = ghost_key_values(work)
        .into_iter()
        .enumerate()
        .map(|(n, value)| format!("{value} AS k{n}"));
    let shown = values
        .iter()
        .enumerate()
        .map(|(n, value)| format!("LEFT({value}, {SHOWN_CHARS_MAX}) AS v{n}"));
    let names = (0..work.key.columns().len())
        .map(|n| format!("k{n}"))
        .chain((0..values.len()).map(|n| format!("v{n}")));
    format!(
        "SELECT {} FROM (SELECT {}, COUNT(*) OVER (PARTITION BY {}) AS wanted_by FROM {} WHERE {}) AS r WHERE wanted_by > 1",
        names.collect::<Vec<_>>().join(", "),
        keys.chain(shown).collect::<Vec<_>>().join(", "),
        values.join(", "),
        rows_table(work),
        present.join(" AND ")
    )
}

/// Where the ghost compares key text differently, a DELETE by these keys would meet rows of others too.
async fn equal_in_ghost(
    session: &mut Session,
    work: &Work,
    keys: &BTreeSet<Key>,
) -> Result<Vec<Key>, SqlError> {
    let which = key_in(&work.ghost_key(None), &work.key, keys);
    fetch(
        session,
        work,
        &format!(
            "SELECT {} FROM {} WHERE {which}",
            ghost_key_values(work).join(", "),
            work.indexed_ghost()
        ),
    )
    .await
}

/// The iteration key's parts out of a ghost row, as the source has them.
fn ghost_key_values(work: &Work) -> Vec<String> {
    work.ghost_key_as_in_source()
        .iter()
        .zip(work.key.columns())
        .map(|(column, part)| part.select(column))
        .collect()
}

async fn fetch(session: &mut Session, work: &Work, sql: &str) -> Result<Vec<Key>, SqlError> {
    let rows = session.rows(sql).await?;
    rows.iter().map(|row| key(work, &row.0)).collect()
}

fn key(work: &Work, row: &[Option<Vec<u8>>]) -> Result<Key, SqlError> {
    work.key
        .from_row(row)
        .map_err(|error| SqlError::unreadable(error.to_string()))
}
