//! The ghost: an empty table as the source is, then the user's ALTER on it. The server decides what that gives; we look
//! at the result.

use super::checks::{self, Check};
use super::comment::set_comment;
use crate::cleanup;
use crate::error::{Exit, Failure};
use crate::inspect::table;
use crate::mysql::catalog;
use crate::mysql::{Session, SqlError};
use crate::schema::{Table, TableName};

/// What the ghost is made from.
#[derive(Clone, Copy, Debug)]
pub struct GhostRequest<'a> {
    /// The source as it was inspected.
    pub source: &'a Table,
    /// The ghost's name, free.
    pub ghost: &'a TableName,
    /// The clauses of the ALTER, without `ALTER TABLE name`.
    pub clauses: &'a str,
    /// The comment that says whose the table is.
    pub mark: &'a str,
}

/// The ghost as the ALTER left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ghost {
    /// The table. Its comment is our mark.
    pub table: Table,
    /// The comment that the table must have when it is the source: the old one, or what the ALTER said.
    pub final_comment: String,
    /// The ALTER itself set AUTO_INCREMENT: the source's counter is not carried over.
    pub sets_auto_increment: bool,
    /// Where the result will differ from a native ALTER's in more than rows.
    pub notes: Vec<String>,
}

/// Makes the ghost. The session must have the `sql_mode` and `time_zone` that a DBA's ALTER would have
/// ([`crate::mysql::SessionSettings::ddl`]). If the server or we refuse the ALTER, the ghost is gone again.
pub async fn create_ghost(session: &mut Session, request: &GhostRequest<'_>) -> Result<Ghost, Failure> {
    create_empty(session, request).await?;
    match alter(session, request).await {
        Ok(made) => Ok(made),
        Err(failure) => Err(undo(session, request, failure).await),
    }
}

/// An empty table as the source is, with our mark.
pub(super) async fn create_empty(session: &mut Session, request: &GhostRequest<'_>) -> Result<(), Failure> {
    let ghost = request.ghost;
    let like = format!("CREATE TABLE {ghost} LIKE {}", request.source.name);
    session
        .exec(&like)
        .await
        .map_err(|error| like_failure(&error, ghost))?;
    // From here on it can be told whose it is, also by a run that comes after our crash.
    if let Err(error) = set_comment(session, ghost, request.mark).await {
        let failure = error.failure(format!("The ghost table {ghost} could not be marked as ours."));
        return Err(failure.hint(format!("It is empty: DROP TABLE {ghost};")));
    }
    Ok(())
}

/// Makes the ghost and drops it again, for a dry run.
pub async fn try_ghost(session: &mut Session, request: &GhostRequest<'_>) -> Result<Ghost, Failure> {
    let made = create_ghost(session, request).await?;
    cleanup::drop_ours(session, request.ghost, request.mark).await?;
    Ok(made)
}

async fn undo(session: &mut Session, request: &GhostRequest<'_>, failure: Failure) -> Failure {
    match remove(session, request).await {
        Ok(()) => failure,
        Err(left) => failure.detail(format!("and then: {left}")),
    }
}

/// Drops what [`create_empty`] made, whatever the ALTER did to it.
pub(super) async fn remove(session: &mut Session, request: &GhostRequest<'_>) -> Result<(), Failure> {
    // The ALTER may have set a comment of its own before something else was found: it is our table all the same.
    let _ = set_comment(session, request.ghost, request.mark).await;
    cleanup::drop_ours(session, request.ghost, request.mark)
        .await
        .map(|_| ())
}

fn like_failure(error: &SqlError, ghost: &TableName) -> Failure {
    let failure = error.failure(format!("The ghost table {ghost} could not be created."));
    if error.code != Some(checks::NAME_TOO_LONG) {
        return failure;
    }
    Failure { exit: Exit::Refused, ..failure }.hint(format!(
        "The server names CHECK constraints after their table, and {}_chk_1 would be longer than 64 characters. Drop \
         the constraints for the time of the change.",
        ghost.table
    ))
}

/// What the two tables' CHECK constraints were called before the ALTER.
struct Checks {
    source: Vec<Check>,
    ghost: Vec<Check>,
}

async fn alter(session: &mut Session, request: &GhostRequest<'_>) -> Result<Ghost, Failure> {
    let (source, ghost) = (request.source, request.ghost);
    let unread = |error: SqlError| unread(ghost, &error);
    let before = catalog::show_create(session, ghost).await.map_err(unread)?;
    let checks = Checks {
        source: catalog::check_constraints(session, &source.name)
            .await
            .map_err(unread)?,
        ghost: catalog::check_constraints(session, ghost).await.map_err(unread)?,
    };
    let sql = format!("ALTER TABLE {ghost} {}", request.clauses);
    session
        .exec(&sql)
        .await
        .map_err(|error| alter_failure(&error, source, &checks))?;
    let made = table::table(session, ghost)
        .await
        .map_err(unread)?
        .ok_or_else(|| vanished(request))?;
    judge(session, request, &made).await?;
    set_comment(session, ghost, request.mark).await.map_err(unread)?;
    let mut notes = not_carried(source, &before);
    notes.extend(checks::notes(&source.name, &checks.source, ghost, &checks.ghost));
    Ok(Ghost {
        final_comment: if made.comment == request.mark {
            source.comment.clone()
        } else {
            made.comment.clone()
        },
        sets_auto_increment: made.auto_increment.is_some_and(|next| next > 1),
        table: Table {
            comment: request.mark.to_owned(),
            ..made
        },
        notes,
    })
}

fn unread(ghost: &TableName, error: &SqlError) -> Failure {
    error.failure(format!("What became of {ghost} could not be read."))
}

fn alter_failure(error: &SqlError, source: &Table, checks: &Checks) -> Failure {
    if error.lost {
        return error.failure("The connection was lost while the ALTER was tried on the empty ghost table.");
    }
    let hint = checks::hint(&error.message, &checks.source, &checks.ghost)
        .unwrap_or_else(|| "It was tried on an empty copy of the table, which is gone again.".to_owned());
    Failure::refused(format!("The server refuses this ALTER of {}.", source.name))
        .detail(format!("error {}: {}", error.code.unwrap_or(0), error.message))
        .hint(hint)
}

/// The ALTER renamed or moved the ghost. Grammar should have seen that; where it did not, say so.
fn vanished(request: &GhostRequest<'_>) -> Failure {
    let what = format!(
        "The ALTER took the ghost table {} away: does it rename the table?",
        request.ghost
    );
    Failure::refused(what)
        .detail(format!(
            "an empty table with the comment '{}' is left",
            request.mark
        ))
        .hint(
            "Renaming a table needs no copy: leave that clause out. SELECT TABLE_SCHEMA, TABLE_NAME FROM \
             information_schema.TABLES WHERE TABLE_COMMENT LIKE 'ghost-rs %'; finds the empty table.",
        )
}

/// What the server accepts and we do not.
async fn judge(session: &mut Session, request: &GhostRequest<'_>, made: &Table) -> Result<(), Failure> {
    let (source, ghost) = (&request.source.name, request.ghost);
    if !made.engine.eq_ignore_ascii_case("InnoDB") {
        let what = format!(
            "The ALTER moves {source} to engine {}; ghost-rs writes to InnoDB only.",
            made.engine
        );
        return Err(Failure::refused(what));
    }
    let foreign_keys = catalog::foreign_keys(session, ghost)
        .await
        .map_err(|error| unread(ghost, &error))?;
    if foreign_keys.seen.is_empty() {
        return Ok(());
    }
    let what = format!("The ALTER gives {source} a foreign key; this version of ghost-rs does not add any.");
    Err(Failure::refused(what))
}

/// What `CREATE TABLE … LIKE` did not take over, by comparing the two definitions: the DATA DIRECTORY. (Nor
/// the AUTO_INCREMENT counter, which is carried at the swap, nor names of CHECK constraints, of which `checks` tells.)
fn not_carried(source: &Table, ghost_create: &str) -> Vec<String> {
    let has = |text: &str| text.contains("DATA DIRECTORY=");
    if has(&source.create_sql) && !has(ghost_create) {
        return vec![
            "DATA DIRECTORY is not carried over: the new table is in the server's data directory.".to_owned(),
        ];
    }
    Vec::new()
}
