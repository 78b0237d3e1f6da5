//! Without `--execute`: what would happen. One empty table of ours is made and removed, nothing else is touched.

use super::{
    Report,
    begin::{Looked, Plan},
};
use crate::{config::Config, error::Failure, prepare::Ghost};

/// Looks at everything that a run would look at, and says what it would do.
pub(super) async fn report(config: &Config, mut looked: Looked) -> Result<Report, Failure> {
    let ghost = looked.try_ghost().await?;
    let plan = looked.plan(config, &ghost)?;
    let lines = lines(&looked, &ghost, &plan);
    looked.session.close().await;
    Ok(Report {
        lines,
        verified: None,
    })
}

fn lines(looked: &Looked, ghost: &Ghost, plan: &Plan) -> Vec<String> {
    let table = &looked.source.table;
    let mut lines = vec![
        format!("Dry run: {} can be altered. Nothing was changed.", table.name),
        format!(
            "rows: about {}, {} MiB with indexes",
            table.rows_estimate,
            table.bytes >> 20
        ),
        format!(
            "iteration key: {} ({}): {}",
            plan.choice.source_key.name,
            plan.choice.source_columns.join(", "),
            plan.choice.why
        ),
    ];
    lines.extend(
        plan.choice
            .rejected
            .iter()
            .map(|(key, why)| format!("  not {key}: {why}")),
    );
    lines.extend(columns(plan));
    lines.push(format!(
        "new table: {}; old table after the swap: {}",
        looked.tables.ghost, looked.tables.old
    ));
    lines.extend(
        looked
            .notes
            .iter()
            .chain(&ghost.notes)
            .map(|note| format!("note: {note}")),
    );
    lines.push("To do it: the same command with --execute.".to_owned());
    lines
}

fn columns(plan: &Plan) -> Vec<String> {
    let map = &plan.columns;
    let changed = map
        .pairs
        .iter()
        .filter(|(from, to)| from.name != to.name || from.column_type != to.column_type);
    let mut lines = vec![format!("columns: {} copied", map.pairs.len())];
    lines.extend(changed.map(|(from, to)| {
        format!(
            "  {} {} → {} {}",
            from.name, from.column_type, to.name, to.column_type
        )
    }));
    lines.extend(
        map.renamed
            .iter()
            .map(|rename| format!("  renamed: {} → {}", rename.from, rename.to)),
    );
    lines.extend(map.added.iter().map(|name| format!("  added: {name}")));
    lines.extend(
        map.dropped
            .iter()
            .map(|name| format!("  dropped: {name}, its values go")),
    );
    lines.extend(
        map.computed
            .iter()
            .map(|name| format!("  computed by the server: {name}")),
    );
    lines
}
