//! What the verification compares, out of the plan of a run.

use crate::{
    plan::{ColumnMap, work::Work},
    schema::{Table, same_name},
    verify::{Pair, Parts, Side, Subject},
};

/// The ghost against the source, column by column as the plan has matched them.
pub(super) fn subject(source: &Table, ghost: &Table, columns: &ColumnMap, work: &Work) -> Subject {
    let feed = |name: &str| {
        let fed = work.columns.iter().find(|(to, _)| same_name(to, name));
        fed.map(|(_, feed)| feed.clone())
    };
    let pairs: Vec<Pair<'_>> = columns
        .pairs
        .iter()
        .filter_map(|(from, to)| {
            Some(Pair {
                from,
                to,
                feed: feed(&to.name)?,
            })
        })
        .collect();
    let unfed = ghost
        .columns
        .iter()
        .filter(|column| !pairs.iter().any(|pair| same_name(&pair.to.name, &column.name)));
    let (computed, added): (Vec<_>, Vec<_>) = unfed.partition(|column| column.generated.is_some());
    let side = |table, index: &str, key: &[String]| Side {
        table,
        index: index.to_owned(),
        key: key.to_vec(),
    };
    let mut subject = Subject::new(Parts {
        first: side(work.tables.source.clone(), &work.source_index, &work.source_key),
        second: side(work.tables.ghost.clone(), &work.ghost_index, &work.ghost_key),
        key: work.key.clone(),
        key_texts: work.key_texts.clone(),
        added: added
            .into_iter()
            .map(|column| (column, feed(&column.name)))
            .collect(),
        pairs,
        rows_estimate: source.rows_estimate,
    });
    let computed = computed
        .iter()
        .map(|column| format!("`{}`, which the server computes", column.name));
    subject.uncompared.extend(computed);
    subject
}
