//! Where chunks begin and end: found by index-only queries, ahead of the workers.

use super::sql;
use crate::{
    key::Key,
    mysql::{Row, Session, SqlError},
    plan::work::Work,
};

/// The table's first and last key, `None` if it has no rows. To be read after a mark has returned.
pub async fn range(session: &mut Session, work: &Work) -> Result<Option<(Key, Key)>, SqlError> {
    let first = one(session, work, &sql::end(work, false)).await?;
    let last = one(session, work, &sql::end(work, true)).await?;
    Ok(first.zip(last))
}

/// The last key of the chunk of `rows` rows that begins behind `after`; if fewer are left, `max`, and `true`.
pub async fn next(
    session: &mut Session,
    work: &Work,
    after: Option<&Key>,
    max: &Key,
    rows: u64,
) -> Result<(Key, bool), SqlError> {
    let found = one(session, work, &sql::boundary(work, after, max, rows)).await?;
    Ok(found.map_or_else(|| (max.clone(), true), |key| (key, false)))
}

async fn one(session: &mut Session, work: &Work, sql: &str) -> Result<Option<Key>, SqlError> {
    session.one(sql).await?.map(|row| key(work, &row)).transpose()
}

/// A row of key parts as a key.
pub(super) fn key(work: &Work, row: &Row) -> Result<Key, SqlError> {
    work.key
        .from_row(&row.0)
        .map_err(|error| SqlError::unreadable(error.to_string()))
}
