//! Without `--execute`: what would happen. One empty table of ours is made and removed, nothing else is touched.

use super::{
    Report,
    begin::{Looked, Plan},
    instant,
};
use crate::{
    config::{Config, Mode},
    error::Failure,
    prepare::Ghost,
    triggers,
};

/// Looks at everything that a run would look at, and says what it would do.
pub(super) async fn report(config: &Config, mut looked: Looked) -> Result<Report, Failure> {
    if instant::is_wanted(config) {
        match instant::would_do(&mut looked).await? {
            Ok(_) => return Ok(instantly(looked).await),
            Err(why) => looked.notes.push(format!("not instantly: {why}")),
        }
    }
    looked.check_copy()?;
    let ghost = looked.try_ghost().await?;
    let plan = looked.plan(config, &ghost)?;
    let rehearsal = matches!(config.topology.mode, Mode::TestOnReplica { .. });
    let carried = looked.try_carried(config).await?;
    let mut lines = lines(rehearsal, &looked, &ghost, &plan);
    lines.extend(triggers::lines(&carried));
    lines.push("To do it: the same command with --execute.".to_owned());
    looked.session.close().await;
    Ok(Report {
        lines,
        verified: None,
        instant: false,
    })
}

async fn instantly(looked: Looked) -> Report {
    let lines = vec![
        format!(
            "Dry run: {} can be altered instantly, as the server says of an empty twin. Nothing was changed.",
            looked.source.table.name
        ),
        "If the table itself cannot be (it may have seen too many instant changes), its rows are copied."
            .to_owned(),
        "To do it: the same command with --execute.".to_owned(),
    ];
    looked.session.close().await;
    Report {
        lines,
        verified: None,
        instant: true,
    }
}

fn lines(rehearsal: bool, looked: &Looked, ghost: &Ghost, plan: &Plan) -> Vec<String> {
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
    lines.push(match rehearsal {
        false => format!(
            "new table: {}; old table after the swap: {}",
            looked.tables.ghost, looked.tables.old
        ),
        true => format!(
            "a rehearsal: {} is swapped and swapped back, and stays for a comparison",
            looked.tables.ghost
        ),
    });
    lines.extend(
        looked
            .notes
            .iter()
            .chain(&ghost.notes)
            .chain(&plan.notes)
            .map(|note| format!("note: {note}")),
    );
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
