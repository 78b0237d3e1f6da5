//! How the sessions that move rows are set: as a DBA's own ALTER would run, as far as values are concerned.

use crate::{
    error::Failure,
    inspect::{Server, Source},
    mysql::SessionSettings,
    plan::work::Work,
    prepare::Ghost,
    schema::{Column, quote_ident},
};

/// The sessions that move rows. Values that become temporal are judged by the server's own date modes; otherwise zero and
/// impossible dates travel as they are.
///
/// The zone is UTC, which has no hour twice, unless the server's decides a value (TIMESTAMP to or from another type).
/// Then ALLOW_INVALID_DATES must go: under it the server takes even TIMESTAMP to TIMESTAMP through the session's zone
/// (seen on 9.7), and one of the two 01:30 of a night in autumn is lost.
pub(super) fn row_settings(server: &Server, work: &Work, ghost: &Ghost, source: &Source) -> SessionSettings {
    let mut settings = SessionSettings::rows();
    let zone_decides = zone_decides(ghost, source, work);
    if !zone_decides {
        settings.time_zone = Some("+00:00".to_owned());
    }
    let converts = work
        .columns
        .iter()
        .any(|(to, _)| becomes_temporal(to, ghost, source));
    let modes: &[&str] = if converts {
        &["NO_ZERO_DATE", "NO_ZERO_IN_DATE"]
    } else {
        &[]
    };
    let kept = modes
        .iter()
        .filter(|mode| server.sql_mode.contains(**mode))
        .copied();
    let allowed = (!converts && !zone_decides).then_some("ALLOW_INVALID_DATES");
    let extra: Vec<&str> = kept.chain(allowed).collect();
    settings.sql_mode = settings.sql_mode.map(|mode| {
        std::iter::once(mode.as_str())
            .chain(extra)
            .collect::<Vec<_>>()
            .join(",")
    });
    settings
}

/// Some value of the new table depends on the session's time zone: a TIMESTAMP that changes its type, or one that a
/// generated column may be computed from.
fn zone_decides(ghost: &Ghost, source: &Source, work: &Work) -> bool {
    let is_moment = |column: &Column| column.data_type == "timestamp";
    let generated = ghost
        .table
        .columns
        .iter()
        .any(|column| column.generated.is_some());
    if generated && ghost.table.columns.iter().any(is_moment) {
        return true;
    }
    let fed = |column: &Column| {
        work.columns
            .iter()
            .find(|(_, from)| *from == quote_ident(&column.name))
    };
    source.table.columns.iter().any(|from| {
        let to = fed(from).and_then(|(to, _)| ghost.table.column(to));
        to.is_some_and(|to| is_moment(from) != is_moment(to))
    })
}

/// A TIMESTAMP key is compared as UTC, and a value that depends on the zone wants the server's.
pub(super) fn check_zone(
    server: &Server,
    work: &Work,
    ghost: &Ghost,
    source: &Source,
) -> Result<(), Failure> {
    let utc = matches!(server.time_zone.as_str(), "UTC" | "+00:00");
    if utc || !work.key.needs_utc() || !zone_decides(ghost, source, work) {
        return Ok(());
    }
    Err(Failure::refused(
        "The iteration key has a TIMESTAMP column, and the ALTER changes a TIMESTAMP's type.",
    )
    .detail(format!(
        "the server's time zone is {}; in it a key is not one moment",
        server.time_zone
    ))
    .hint("Make the change while the server's global time_zone is '+00:00', or in two steps."))
}

fn becomes_temporal(column: &str, ghost: &Ghost, source: &Source) -> bool {
    let temporal = |kind: &str| matches!(kind, "date" | "datetime" | "timestamp" | "time" | "year");
    let Some(to) = ghost.table.column(column) else {
        return false;
    };
    let from = source.table.column(column).map(|from| from.data_type.as_str());
    temporal(&to.data_type) && from != Some(to.data_type.as_str())
}
