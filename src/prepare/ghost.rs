//! The ghost: an empty table as the source is, then the user's ALTER on it. The server decides what that gives; we look
//! at the result.

use super::changelog::set_comment;
use super::checks::{self, Check};
use crate::cleanup;
use crate::error::Failure;
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
    /// The name that the source will get: its CHECK constraints move with it.
    pub old: &'a TableName,
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
/// ([`crate::mysql::SessionSettings::ddl`]). If the server refuses the ALTER, the ghost is gone again.
pub async fn create_ghost(session: &mut Session, request: &GhostRequest<'_>) -> Result<Ghost, Failure> {
    let GhostRequest {
        source, ghost, mark, ..
    } = *request;
    session
        .exec(&format!("CREATE TABLE {ghost} LIKE {}", source.name))
        .await
        .map_err(|error| like_failure(&error, request))?;
    // From here on it can be told whose it is, also by a run that comes after our crash.
    if let Err(error) = session.exec(&set_comment(ghost, mark)).await {
        let failure = error.failure(format!("The ghost table {ghost} could not be marked as ours."));
        return Err(failure.hint(format!("It is empty: DROP TABLE {ghost};")));
    }
    match alter(session, request).await {
        Ok(made) => Ok(made),
        Err(failure) => Err(undo(session, request, failure).await),
    }
}

/// Makes the ghost and drops it again, for a dry run.
pub async fn try_ghost(session: &mut Session, request: &GhostRequest<'_>) -> Result<Ghost, Failure> {
    let made = create_ghost(session, request).await?;
    cleanup::drop_ours(session, request.ghost, request.mark).await?;
    Ok(made)
}

async fn undo(session: &mut Session, request: &GhostRequest<'_>, failure: Failure) -> Failure {
    // The ALTER may have set a comment of its own before something else was found: it is our table all the same.
    let _ = session.exec(&set_comment(request.ghost, request.mark)).await;
    match cleanup::drop_ours(session, request.ghost, request.mark).await {
        Ok(_) => failure,
        Err(left) => failure.detail(format!("and then: {left}")),
    }
}

fn like_failure(error: &SqlError, request: &GhostRequest<'_>) -> Failure {
    let failure = error.failure(format!("The ghost table {} could not be created.", request.ghost));
    // "Failed to update check_constraints dictionary object" is what the server says of too long a name.
    if error.code == Some(3507) {
        return failure.hint("Names of CHECK constraints derived from the ghost's name would be too long.");
    }
    failure
}

async fn alter(session: &mut Session, request: &GhostRequest<'_>) -> Result<Ghost, Failure> {
    let GhostRequest { source, ghost, .. } = *request;
    let unread = |error: SqlError| error.failure(format!("What became of {ghost} could not be read."));
    let before = catalog::show_create(session, ghost).await.map_err(unread)?;
    let source_checks = catalog::check_constraints(session, &source.name)
        .await
        .map_err(unread)?;
    let ghost_checks = catalog::check_constraints(session, ghost).await.map_err(unread)?;
    if let Err(error) = session
        .exec(&format!("ALTER TABLE {ghost} {}", request.clauses))
        .await
    {
        return Err(alter_failure(
            &error,
            source,
            checks::hint(&error.message, &source_checks, &ghost_checks),
        ));
    }
    let made = table::table(session, ghost)
        .await
        .map_err(unread)?
        .ok_or_else(|| vanished(request))?;
    let final_comment = if made.comment == request.mark {
        source.comment.clone()
    } else {
        made.comment.clone()
    };
    session
        .exec(&set_comment(ghost, request.mark))
        .await
        .map_err(unread)?;
    judge(session, request, &made, &source_checks).await?;
    let mut notes = not_carried(source, &before);
    notes.extend(checks::notes(&source.name, &source_checks, ghost, &ghost_checks));
    let sets_auto_increment = made.auto_increment.is_some_and(|next| next > 1);
    let table = Table {
        comment: request.mark.to_owned(),
        ..made
    };
    Ok(Ghost {
        table,
        final_comment,
        sets_auto_increment,
        notes,
    })
}

fn alter_failure(error: &SqlError, source: &Table, hint: Option<String>) -> Failure {
    if error.lost {
        return error.failure("The connection was lost while the ALTER was tried on the empty ghost table.");
    }
    let failure = Failure::refused(format!("The server refuses this ALTER of {}.", source.name));
    let failure = failure.detail(format!("error {}: {}", error.code.unwrap_or(0), error.message));
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure.hint("It was tried on an empty copy of the table, which is gone again."),
    }
}

/// The ALTER renamed or moved the ghost. Grammar should have seen that; where it did not, say so.
fn vanished(request: &GhostRequest<'_>) -> Failure {
    let what = format!(
        "The ALTER took the ghost table {} away: does it rename the table?",
        request.ghost
    );
    Failure::refused(what).detail(format!("an empty table with the comment '{}' is left", request.mark)).hint(
        "Renaming a table needs no copy: leave that clause out. The table is in SELECT TABLE_SCHEMA, TABLE_NAME FROM \
         information_schema.TABLES WHERE TABLE_COMMENT = the comment above.",
    )
}

/// What the server accepts and we do not.
async fn judge(
    session: &mut Session,
    request: &GhostRequest<'_>,
    made: &Table,
    source_checks: &[Check],
) -> Result<(), Failure> {
    let GhostRequest {
        source, ghost, old, ..
    } = *request;
    let unread = |error: SqlError| error.failure(format!("What became of {ghost} could not be read."));
    if !made.engine.eq_ignore_ascii_case("InnoDB") {
        let what = format!(
            "The ALTER moves {} to engine {}; ghost-rs writes to InnoDB only.",
            source.name, made.engine
        );
        return Err(Failure::refused(what));
    }
    if !catalog::foreign_keys(session, ghost)
        .await
        .map_err(unread)?
        .seen
        .is_empty()
    {
        let what = format!(
            "The ALTER gives {} a foreign key; this version of ghost-rs does not add any.",
            source.name
        );
        return Err(Failure::refused(what));
    }
    let ghost_checks = catalog::check_constraints(session, ghost).await.map_err(unread)?;
    let long: Vec<String> = checks::too_long(source_checks, &source.name, old)
        .chain(checks::too_long(&ghost_checks, ghost, &source.name))
        .collect();
    if long.is_empty() {
        Ok(())
    } else {
        Err(checks::too_long_failure(&source.name, long))
    }
}

/// What `CREATE TABLE … LIKE` did not take over, by comparing the two definitions. It leaves out DATA DIRECTORY and
/// the AUTO_INCREMENT counter (which is carried at the swap); CHECK constraints are told of by `checks`.
fn not_carried(source: &Table, ghost_create: &str) -> Vec<String> {
    let has = |text: &str| text.contains("DATA DIRECTORY=");
    if has(&source.create_sql) && !has(ghost_create) {
        return vec![
            "DATA DIRECTORY is not carried over: the new table is in the server's data directory.".to_owned(),
        ];
    }
    Vec::new()
}
