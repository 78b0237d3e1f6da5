//! How a rehearsal is checked by hand: two queries that give the same rows, if all went well.

use crate::{plan::work::Work, schema::TableName, sql::quote_ident};

/// What to compare, line by line, for people.
pub(super) fn lines(work: &Work) -> Vec<String> {
    let feeds: Vec<&str> = work.columns.iter().map(|(_, feed)| feed.as_str()).collect();
    let columns: Vec<String> = work
        .columns
        .iter()
        .map(|(column, _)| quote_ident(column))
        .collect();
    let tables = &work.tables;
    vec![
        format!(
            "Compare {} with {}: these two give the same rows, but for values that the ALTER itself converts.",
            tables.source, tables.ghost
        ),
        query(&feeds.join(", "), &tables.source, &work.source_key),
        query(&columns.join(", "), &tables.ghost, &work.ghost_key),
    ]
}

fn query(what: &str, table: &TableName, key: &[String]) -> String {
    let key: Vec<String> = key.iter().map(|column| quote_ident(column)).collect();
    format!("  SELECT {what} FROM {table} ORDER BY {};", key.join(", "))
}
