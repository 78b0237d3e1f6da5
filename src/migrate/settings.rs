//! How the sessions that move rows are set: as a DBA's own ALTER would run, as far as values are concerned.

use crate::{
    error::Failure,
    inspect::{Server, Source},
    mysql::{Session, SessionSettings},
    plan::work::Work,
    prepare::Ghost,
    schema::{Column, quote_ident},
};

/// The sessions that move rows. Values that the server makes anew (of another temporal type, or by an expression of the
/// table) are judged by the server's own modes, as in a native ALTER; otherwise zero and impossible dates travel as
/// they are.
///
/// The zone is UTC, which has no hour twice, unless the server's decides a value (TIMESTAMP to or from another type, or
/// in an expression). Then ALLOW_INVALID_DATES must go: under it the server takes even TIMESTAMP to TIMESTAMP through
/// the session's zone (seen on 9.7), and one of the two 01:30 of a night in autumn is lost.
pub(super) fn row_settings(server: &Server, work: &Work, ghost: &Ghost, source: &Source) -> SessionSettings {
    let mut settings = SessionSettings::rows();
    settings.log_rows = server.binlog_format != "ROW";
    let zone_decides = zone_decides(ghost, source, work);
    if !zone_decides {
        settings.time_zone = Some("+00:00".to_owned());
    }
    let makes = computes(ghost) || pairs(ghost, source, work).any(|(from, to)| becomes_temporal(from, to));
    let judged: &[&str] = if makes { JUDGED } else { &[] };
    let kept = judged
        .iter()
        .chain(ALWAYS)
        .filter(|mode| server.sql_mode.contains(**mode))
        .copied();
    let allowed = (!makes && !zone_decides).then_some("ALLOW_INVALID_DATES");
    let extra: Vec<&str> = kept.chain(allowed).collect();
    settings.sql_mode = settings.sql_mode.map(|mode| {
        std::iter::once(mode.as_str())
            .chain(extra)
            .collect::<Vec<_>>()
            .join(",")
    });
    settings
}

/// `--allow-zero-in-date`: from here on the server counts as one without the modes that forbid such dates, for the ALTER of
/// the ghost and for values made anew.
pub(super) async fn allow_zero_dates(session: &mut Session, server: &mut Server) -> Result<(), Failure> {
    let forbids = |mode: &&str| !matches!(*mode, "NO_ZERO_DATE" | "NO_ZERO_IN_DATE" | "TRADITIONAL");
    let modes: Vec<&str> = server.sql_mode.split(',').filter(forbids).collect();
    server.sql_mode = modes.join(",");
    session
        .exec(&format!("SET SESSION sql_mode = '{}'", server.sql_mode))
        .await
        .map(|_| ())
        .map_err(|error| error.failure("Zero dates could not be allowed."))
}

/// Modes of the server that decide whether a value it makes is an error.
const JUDGED: &[&str] = &["NO_ZERO_DATE", "NO_ZERO_IN_DATE", "ERROR_FOR_DIVISION_BY_ZERO"];
/// Modes of the server that decide what a value becomes.
const ALWAYS: &[&str] = &["TIME_TRUNCATE_FRACTIONAL"];

/// Some value of the new table depends on the session's time zone: a TIMESTAMP that changes its type, or one that an
/// expression of the table may be computed from.
fn zone_decides(ghost: &Ghost, source: &Source, work: &Work) -> bool {
    let is_moment = |column: &Column| column.data_type == "timestamp";
    let computed = computes(ghost) && ghost.table.columns.iter().any(is_moment);
    computed
        || pairs(ghost, source, work)
            .any(|(from, to)| from.is_some_and(|from| is_moment(from) != is_moment(to)))
}

/// The new table has expressions: generated columns, CHECK constraints, functional key parts. Told from its text, so
/// that a comment may be taken for one; that is on the safe side.
fn computes(ghost: &Ghost) -> bool {
    let text = &ghost.table.create_sql;
    let generated = ghost
        .table
        .columns
        .iter()
        .any(|column| column.generated.is_some());
    generated || text.contains(" CHECK (") || text.contains("((")
}

/// Each ghost column that is written, with the source column that feeds it as it is.
fn pairs<'a>(
    ghost: &'a Ghost,
    source: &'a Source,
    work: &'a Work,
) -> impl Iterator<Item = (Option<&'a Column>, &'a Column)> {
    work.columns.iter().filter_map(|(to, feed)| {
        let from = source
            .table
            .columns
            .iter()
            .find(|from| *feed == quote_ident(&from.name));
        ghost.table.column(to).map(|to| (from, to))
    })
}

fn becomes_temporal(from: Option<&Column>, to: &Column) -> bool {
    let temporal = matches!(
        to.data_type.as_str(),
        "date" | "datetime" | "timestamp" | "time" | "year"
    );
    temporal && from.is_none_or(|from| from.data_type != to.data_type)
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
        "The iteration key has a TIMESTAMP column, and other values of the new table depend on the time zone.",
    )
    .detail(format!(
        "the server's time zone is {}: values made from a TIMESTAMP want it, and the key wants UTC",
        server.time_zone
    ))
    .hint("Make the change while the server's global time_zone is '+00:00', or in two steps."))
}
