//! Comments of our tables around the swap.

use super::comment::with_comment;
use crate::{
    mysql::{Session, Sessions, SqlError, catalog},
    plan::{mark::Mark, work::Work},
    schema::TableName,
};

/// The row of the changelog which says that the ghost beside it is ours though it carries no mark. No mark ever has
/// this number, and when old marks are deleted it stays.
const DRESSED: u64 = u64::MAX;

/// Gives the ghost the comment that the new table is to have, in place of our mark. A run that is killed now leaves it
/// like that, so the changelog is told first.
pub async fn dress_ghost(session: &mut Session, work: &Work) -> Result<(), SqlError> {
    comment_ghost(session, work).await?;
    // A comment makes the server forget what it knew of the table's size, and what it kept of that is from when it was
    // nearly empty: the swap's own statements, and the application's afterwards, would be planned for a few rows.
    session
        .exec(&format!("ANALYZE NO_WRITE_TO_BINLOG TABLE {}", work.tables.ghost))
        .await
        .map(|_| ())
}

async fn comment_ghost(session: &mut Session, work: &Work) -> Result<(), SqlError> {
    let (ghost, changelog) = (&work.tables.ghost, &work.tables.changelog);
    let entry = catalog::table_entry(session, ghost).await?;
    if entry.is_some_and(|entry| entry.comment == work.comment) {
        return Ok(());
    }
    session
        .exec(&format!(
            "INSERT IGNORE INTO {changelog} (mark) VALUES ({DRESSED})"
        ))
        .await?;
    set(session, ghost, &work.comment, &work.tag()).await
}

/// Whether a changelog of ours says that the ghost beside it had lost its mark for the swap.
pub async fn is_dressed(session: &mut Session, changelog: &TableName) -> Result<bool, SqlError> {
    let sql = format!("SELECT 1 FROM {changelog} WHERE mark = {DRESSED}");
    Ok(session.one(&sql).await?.is_some())
}

/// Puts the mark back on the ghost, if it is there.
pub async fn mark_ghost(sessions: &Sessions, work: &Work) -> Result<(), SqlError> {
    let mut session = open(sessions).await?;
    let mut result = marked(&mut session, &work.tables.ghost, &work.tag(), |_| {
        work.mark.clone()
    })
    .await;
    if result.is_ok() {
        let sql = format!("DELETE FROM {} WHERE mark = {DRESSED}", work.tables.changelog);
        result = session.exec(&sql).await.map(|_| ());
    }
    session.close().await;
    result
}

/// Marks a table that stays after the run (old, or the ghost of a rehearsal) as ours; its own comment stays behind the
/// mark.
pub async fn mark_before_comment(
    sessions: &Sessions,
    table: &TableName,
    mark: &Mark,
) -> Result<(), SqlError> {
    let mut session = open(sessions).await?;
    let result = marked(&mut session, table, "", |comment| mark.comment(comment)).await;
    session.close().await;
    result
}

async fn open(sessions: &Sessions) -> Result<Session, SqlError> {
    let session = sessions.open("comments").await;
    session.map_err(|failure| SqlError::unreadable(failure.to_string()))
}

async fn marked(
    session: &mut Session,
    table: &TableName,
    tag: &str,
    comment: impl Fn(&str) -> String,
) -> Result<(), SqlError> {
    match catalog::table_entry(session, table).await? {
        Some(entry) => set(session, table, &comment(&entry.comment), tag).await,
        None => Ok(()),
    }
}

async fn set(session: &mut Session, table: &TableName, comment: &str, tag: &str) -> Result<(), SqlError> {
    with_comment(session, &format!("ALTER TABLE {table} {tag}"), comment).await
}
