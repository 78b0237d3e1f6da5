//! Marks on the wire: rows of the changelog table. What they prove is `changes::marks`' business.
//!
//! A mark is an INSERT, not an UPDATE of one row: an INSERT waits for no other mark, so one that hangs in its commit on
//! a lost session does not hold up the next. Old marks are deleted now and then, all but
//! the first, by which the run's age can be told.

use std::time::{Duration, Instant};

use crate::{
    changes::Mark,
    error::Failure,
    key::{Key, KeySpec},
    mysql::{Class, Session, Sessions, SqlError},
    schema::{Column, IndexPart, Table, TableName, UniqueKey},
};

/// Marks are kept until so many newer ones are there.
const MARKS_KEPT: u64 = 1_000;
/// Attempts to get a session for marks, each with a pause before it.
const RECONNECTS_MAX: u32 = 30;
/// That pause.
const RECONNECT_PAUSE_MS: u64 = 1_000;

/// The columns of the changelog table. Nothing of ours reads the second: gh-ost's changelog has it, and its users' throttle
/// queries ask how old the oldest row is.
pub const CHANGELOG_COLUMNS: &str = "mark BIGINT UNSIGNED NOT NULL PRIMARY KEY, \
     last_update TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP";

/// Writes a mark; returns when its commit has returned.
pub async fn write(session: &mut Session, changelog: &TableName, mark: Mark) -> Result<Duration, SqlError> {
    let begun = Instant::now();
    session
        .exec(&format!("INSERT INTO {changelog} (mark) VALUES ({})", mark.0))
        .await?;
    let took = begun.elapsed();
    if mark.0.is_multiple_of(MARKS_KEPT) {
        session
            .exec(&format!(
                "DELETE FROM {changelog} WHERE mark > 1 AND mark < {}",
                mark.0
            ))
            .await?;
    }
    Ok(took)
}

/// The newest mark in the changelog, as this session's server has it; 0 if there is none.
pub async fn newest(session: &mut Session, changelog: &TableName) -> Result<Mark, SqlError> {
    let row = session.one(&format!("SELECT MAX(mark) FROM {changelog}")).await?;
    Ok(Mark(row.and_then(|row| row.u64(0)).unwrap_or_default()))
}

/// A new session for marks after one was lost.
pub async fn reopen(sessions: &Sessions, lost: &SqlError) -> Result<Session, Failure> {
    if !lost.lost && !matches!(lost.class(), Class::Transient) {
        return Err(lost.failure("Marks cannot be written."));
    }
    let mut attempts = 0;
    loop {
        match sessions.open("marks").await {
            Ok(session) => return Ok(session),
            Err(failure) if attempts >= RECONNECTS_MAX => return Err(failure),
            Err(failure) => tracing::warn!(%failure, "no session for marks yet"),
        }
        attempts += 1;
        tokio::time::sleep(Duration::from_millis(RECONNECT_PAUSE_MS)).await;
    }
}

/// How marks are found in row images of the changelog.
pub fn mark_key(changelog: &TableName) -> Option<KeySpec> {
    KeySpec::new(&changelog_table(changelog), &["mark"]).ok()
}

/// The number of a mark, out of the changelog's key.
pub fn mark_of(key: &Key) -> Option<u64> {
    key.bytes().try_into().ok().map(u64::from_be_bytes)
}

fn changelog_table(name: &TableName) -> Table {
    let column = Column {
        name: "mark".into(),
        ordinal: 0,
        data_type: "bigint".into(),
        column_type: "bigint unsigned".into(),
        nullable: false,
        charset: None,
        collation: None,
        generated: None,
        auto_increment: false,
        has_default: false,
        octet_length: None,
        fsp: 0,
        precision: Some(20),
        scale: Some(0),
    };
    let part = IndexPart {
        column: Some("mark".into()),
        expression: None,
        prefix: None,
        descending: false,
        nullable: false,
    };
    Table {
        name: name.clone(),
        engine: "InnoDB".into(),
        columns: vec![column],
        unique_keys: vec![UniqueKey {
            name: "PRIMARY".into(),
            parts: vec![part],
            visible: true,
        }],
        comment: String::new(),
        auto_increment: None,
        rows_estimate: 0,
        row_bytes_estimate: 0,
        bytes: 0,
        create_sql: String::new(),
    }
}
