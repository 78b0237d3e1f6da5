//! The statements of a chunk.

use crate::{
    changes::Chunk,
    plan::work::{KeyText, Work},
    sql::{KeyColumns, key_range, order_by, quote_ident, select_list},
};

/// The source's alias in the statement that copies.
const COPIED: &str = "copied";
/// The ghost's, where that statement looks at it.
const PLACED: &str = "placed";

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
    let (placed, copied) = (work.ghost_key(Some(PLACED)), work.source_key(Some(COPIED)));
    let same =
        placed
            .iter()
            .zip(copied.iter())
            .zip(&work.key_texts)
            .map(|((placed, copied), text)| match text {
                None => format!("{placed} = {copied}"),
                Some(text) => same_text(placed, copied, text),
            });
    let same = same.collect::<Vec<_>>().join(" AND ");
    format!(
        " AND NOT EXISTS (SELECT 1 FROM {} AS {PLACED} WHERE {same})",
        work.tables.ghost
    )
}

/// Text that compares differently in the two tables. The first half finds the ghost row by its index; the second says
/// whether it is this row or only one that the ghost calls equal: that one is a collision, and 1062 will say so.
fn same_text(placed: &str, copied: &str, text: &KeyText) -> String {
    let KeyText {
        source_charset,
        ghost_charset,
        ghost_collation,
    } = text;
    format!(
        "{placed} = CONVERT({copied} USING {ghost_charset}) COLLATE {ghost_collation} \
         AND CAST(CONVERT({placed} USING {source_charset}) AS BINARY) = CAST({copied} AS BINARY)"
    )
}

/// Removes whatever a lost attempt has left in the chunk's range.
pub(super) fn clear(work: &Work, chunk: &Chunk) -> String {
    let range = range(work, &work.ghost_key(None), chunk);
    format!(
        "DELETE {} FROM {} WHERE {range}",
        work.tables.ghost,
        work.indexed_ghost()
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
