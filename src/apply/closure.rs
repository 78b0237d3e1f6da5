//! When a unique value that a row wants is still held by another ghost row.
//!
//! The wanted rows are put into a temporary table ([`helper`]): there they are exactly what they will be in the ghost,
//! converted, with generated columns and defaults. Joined with the ghost, that tells whose rows hold their values.
//!
//! Those rows are read once more together with the batch: a hand-over from one row to another is done then, and two
//! rows that want one value are seen side by side. What is in *their* way is deleted. All of them are *displaced*:
//! reported, and dirty again. So a chain through the whole table (`SET v = v + 1`) is as much work as its rows, not its
//! square.
//!
//! Two *source* rows with one value can only be the ALTER's own doing (a new unique key, a narrower collation): both
//! are left out and reported as parked.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    helper::{self, Helper},
    sql,
};
use crate::{
    changes::{Batch, Flushed, Parked},
    key::Key,
    mysql::{Session, SqlError},
    plan::work::Work,
    schema::{IndexPart, UniqueKey},
    sql::{key_in, quote_ident},
};

/// Rounds in which the holders of wanted values are read along. With none, rows that collide for good would displace one
/// another for ever; a second one reads the whole batch again for rows that are dirty anyway, because whoever gave a
/// value away has changed.
const ROUNDS_MAX: u32 = 1;
/// Of a value that collides, so much is shown.
const SHOWN_CHARS_MAX: u32 = 100;

/// Flushes a batch whose rows want values that other ghost rows hold. If the answer to COMMIT is lost, `touched` gets the
/// keys outside the batch that may be affected.
pub(super) async fn flush(
    session: &mut Session,
    helper: &mut Helper,
    touched: &mut BTreeSet<Key>,
    work: &Work,
    batch: &Batch,
) -> Result<Flushed, SqlError> {
    helper.make(session, work).await?;
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
            .exec(&format!("DELETE FROM {} WHERE {which}", helper::table(work)))
            .await?;
    }
    Ok(Wanted { keys, parked })
}

async fn write(session: &mut Session, work: &Work, wanted: &Wanted) -> Result<(), SqlError> {
    let (ghost, rows, columns) = (&work.tables.ghost, helper::table(work), work.ghost_columns());
    session.exec(&sql::delete(work, &wanted.keys)).await?;
    session
        .exec(&format!(
            "INSERT INTO {ghost} ({columns}) SELECT {columns} FROM {rows}"
        ))
        .await?;
    session.exec("COMMIT").await?;
    Ok(())
}

async fn read(session: &mut Session, work: &Work, keys: &BTreeSet<Key>) -> Result<(), SqlError> {
    let table = helper::table(work);
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
        helper::table(work),
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
        helper::table(work),
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
