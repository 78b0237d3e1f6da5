//! The statements of a chunk.

use crate::{
    changes::Chunk,
    plan::work::Work,
    sql::{KeyColumns, key_range, order_by, quote_ident, select_list},
};

/// The source's alias in the statement that copies.
const COPIED: &str = "copied";

/// Copies the rows of a chunk.
pub(super) fn copy(work: &Work, chunk: &Chunk) -> String {
    let tables = &work.tables;
    let (columns, values) = (work.ghost_columns(), work.source_values());
    let range = range(work, &work.source_key(Some(COPIED)), chunk);
    let index = quote_ident(&work.source_index);
    let pass_over = if work.flush_runs_ahead() {
        pass_over(work)
    } else {
        String::new()
    };
    format!(
        "INSERT INTO {} ({columns}) SELECT {values} FROM {} AS {COPIED} FORCE INDEX ({index}) WHERE {range}{pass_over}{}",
        tables.ghost,
        tables.source,
        work.locking()
    )
}

/// Rows that a flush has put in place ahead of the copy stay as they are: they are as new as any read of ours.
fn pass_over(work: &Work) -> String {
    let source = work.source_key(Some(COPIED));
    let equal: Vec<String> = work
        .ghost_key(Some("placed"))
        .iter()
        .zip(source.iter())
        .map(|(ghost, source)| format!("{ghost} = {source}"))
        .collect();
    format!(
        " AND NOT EXISTS (SELECT 1 FROM {} AS placed WHERE {})",
        work.tables.ghost,
        equal.join(" AND ")
    )
}

/// Removes whatever a lost attempt has left in the chunk's range.
pub(super) fn clear(work: &Work, chunk: &Chunk) -> String {
    format!(
        "DELETE FROM {} WHERE {}",
        work.tables.ghost,
        range(work, &work.ghost_key(None), chunk)
    )
}

/// The keys of the rows in a chunk's range.
pub(super) fn keys(work: &Work, chunk: &Chunk) -> String {
    let index = quote_ident(&work.source_index);
    let keys = select_list(&work.source_key(None), &work.key);
    let range = range(work, &work.source_key(None), chunk);
    format!(
        "SELECT {keys} FROM {} FORCE INDEX ({index}) WHERE {range}{}",
        work.tables.source,
        work.locking()
    )
}

/// The end of the chunk that begins behind `after`: the key of its last row, if it has so many rows.
pub(super) fn boundary(
    work: &Work,
    after: Option<&crate::key::Key>,
    max: &crate::key::Key,
    rows: u64,
) -> String {
    let index = quote_ident(&work.source_index);
    let keys = select_list(&work.source_key(None), &work.key);
    let range = key_range(
        &work.source_key(None),
        &work.key,
        after.map(|key| (key, false)),
        Some((max, true)),
    );
    let order = order_by(&work.source_key(None), false);
    let skip = rows.saturating_sub(1);
    format!(
        "SELECT {keys} FROM {} FORCE INDEX ({index}) WHERE {range} {order} LIMIT 1 OFFSET {skip}",
        work.tables.source
    )
}

/// The first or the last key of the table.
pub(super) fn end(work: &Work, last: bool) -> String {
    let index = quote_ident(&work.source_index);
    let keys = select_list(&work.source_key(None), &work.key);
    format!(
        "SELECT {keys} FROM {} FORCE INDEX ({index}) {} LIMIT 1{}",
        work.tables.source,
        order_by(&work.source_key(None), last),
        work.locking()
    )
}

fn range(work: &Work, columns: &KeyColumns, chunk: &Chunk) -> String {
    key_range(
        columns,
        &work.key,
        Some((&chunk.lower, chunk.inclusive)),
        Some((&chunk.upper, true)),
    )
}
