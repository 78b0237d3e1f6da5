//! The statements of a flush that meets no other row.

use crate::{
    changes::{Batch, Change},
    key::Key,
    plan::work::{Upsert, Work},
    sql::{key_in, quote_ident},
};

/// What brings a batch up to date, in order.
pub(super) fn flush(work: &Work, batch: &Batch) -> Vec<String> {
    let keys = || batch.keys.iter().map(|(key, _)| key);
    match work.upsert {
        Upsert::Replace => {
            let gone: Vec<&Key> = batch
                .keys
                .iter()
                .filter(|(_, change)| *change == Change::Gone)
                .map(|(key, _)| key)
                .collect();
            let delete = (!gone.is_empty()).then(|| delete(work, gone));
            delete
                .into_iter()
                .chain([select_into(work, "REPLACE", keys())])
                .collect()
        }
        Upsert::DeleteInsert => vec![delete(work, keys()), select_into(work, "INSERT", keys())],
    }
}

/// Deletes ghost rows.
pub(super) fn delete<'a>(work: &Work, keys: impl IntoIterator<Item = &'a Key>) -> String {
    let which = key_in(&work.ghost_key(None), &work.key, keys);
    // Only this form of DELETE takes an index.
    format!(
        "DELETE {} FROM {} WHERE {which}",
        work.tables.ghost,
        work.indexed_ghost()
    )
}

fn select_into<'a>(work: &Work, verb: &str, keys: impl IntoIterator<Item = &'a Key>) -> String {
    format!(
        "{verb} INTO {} ({}) {}",
        work.tables.ghost,
        work.ghost_columns(),
        select(work, keys)
    )
}

/// Reads source rows as the ghost's columns want them.
pub(super) fn select<'a>(work: &Work, keys: impl IntoIterator<Item = &'a Key>) -> String {
    let index = quote_ident(&work.source_index);
    let keys = key_in(&work.source_key(None), &work.key, keys);
    format!(
        "SELECT {} FROM {} FORCE INDEX ({index}) WHERE {keys}{}",
        work.source_values(),
        work.tables.source,
        work.locking()
    )
}
