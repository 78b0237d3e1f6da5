//! Comments of our tables around the swap. They are set on sessions with our own `sql_mode`, in which a backslash is an
//! escape and double quotes are text.

use crate::{
    mysql::{Session, Sessions, SqlError, catalog},
    plan::{mark::Mark, work::Work},
    schema::TableName,
};

/// Gives the ghost the comment that the new table is to have, in place of our mark.
pub async fn dress_ghost(session: &mut Session, work: &Work) -> Result<(), SqlError> {
    let ghost = &work.tables.ghost;
    if catalog::table_entry(session, ghost).await?.is_some_and(|entry| entry.comment == work.comment) {
        return Ok(());
    }
    set(session, ghost, &work.comment, &work.tag()).await
}

/// Puts the mark back on the ghost, if it is there.
pub async fn mark_ghost(sessions: &Sessions, work: &Work) -> Result<(), SqlError> {
    marked(sessions, &work.tables.ghost, &work.tag(), |_| work.mark.clone()).await
}

/// Marks the old table as ours; its own comment stays behind the mark.
pub async fn mark_old(sessions: &Sessions, old: &TableName, mark: &Mark) -> Result<(), SqlError> {
    marked(sessions, old, "", |comment| mark.comment(comment)).await
}

async fn marked(
    sessions: &Sessions,
    table: &TableName,
    tag: &str,
    comment: impl Fn(&str) -> String,
) -> Result<(), SqlError> {
    let mut session = sessions.open("comments").await.map_err(|failure| SqlError::unreadable(failure.to_string()))?;
    let result = match catalog::table_entry(&mut session, table).await {
        Ok(Some(entry)) => set(&mut session, table, &comment(&entry.comment), tag).await,
        other => other.map(|_| ()),
    };
    session.close().await;
    result
}

async fn set(session: &mut Session, table: &TableName, comment: &str, tag: &str) -> Result<(), SqlError> {
    let text = comment.replace('\\', "\\\\").replace('\'', "''");
    session.exec(&format!("ALTER TABLE {table} COMMENT = '{text}' {tag}")).await.map(|_| ())
}
