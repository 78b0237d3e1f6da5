//! Copying rows: one chunk, one statement, one commit, server-side.
//!
//! Rules:
//!
//! * The sessions are READ COMMITTED, so `INSERT … SELECT` reads the source without locks; that the read is late
//!   enough is `changes`' rule F2.
//! * A plain INSERT: a value that does not fit is an error here as it is in a native ALTER.
//! * A chunk is in the ghost whole or not at all. If nobody knows (the connection was lost at the commit), its session
//!   is known to be gone first, then its range is deleted and copied again in one transaction.
//! * 1062 means that a unique value is in the way, in a row that a flush has put there: the chunk's keys are handed to
//!   the flush, which can make room.

pub mod boundaries;
mod sql;

use std::time::{Duration, Instant};

use crate::{
    changes::Chunk,
    error::Failure,
    key::Key,
    mysql::{Class, Session, Sessions, SqlError},
    plan::work::Work,
    retry::Retry,
};

/// How a chunk ended.
#[derive(Debug)]
pub enum Copied {
    /// Its rows are in the ghost.
    Rows {
        /// How many.
        rows: u64,
        /// How long the statement that did it took.
        took: Duration,
    },
    /// None of its rows are; these are its keys.
    HandedOver(Vec<Key>),
}

/// Copies a chunk, however often it takes; `retried` is told each time.
pub async fn chunk(
    session: &mut Session,
    sessions: &Sessions,
    work: &Work,
    chunk: &Chunk,
    retried: &(impl Fn(&SqlError) + Sync),
) -> Result<Copied, Failure> {
    let mut retry = Retry::default();
    let mut certain = true;
    loop {
        let begun = Instant::now();
        let error = match once(session, work, chunk, certain).await {
            Ok(rows) => {
                return Ok(Copied::Rows {
                    rows,
                    took: begun.elapsed(),
                });
            }
            Err(error) => error,
        };
        match error.class() {
            Class::Duplicate => {
                return hand_over(session, work, chunk)
                    .await
                    .map_err(|error| failed(work, chunk, &error));
            }
            Class::Transient if retry.again().await => {
                retried(&error);
                tracing::debug!(%error, "chunk again");
            }
            Class::Lost if retry.again().await => {
                retried(&error);
                tracing::warn!(%error, "the session of a chunk was lost; its range is copied again");
                session.replace(sessions).await?;
                // Under another collation the chunk's bounds enclose other rows in the ghost: nothing may be cleared
                // by them. The flush finds out row by row what is there.
                if work.text_differs {
                    return hand_over(session, work, chunk)
                        .await
                        .map_err(|error| failed(work, chunk, &error));
                }
                certain = false;
            }
            _ => return Err(failed(work, chunk, &error)),
        }
    }
}

async fn once(session: &mut Session, work: &Work, chunk: &Chunk, certain: bool) -> Result<u64, SqlError> {
    if certain {
        return session.exec(&sql::copy(work, chunk)).await;
    }
    session.exec("START TRANSACTION").await?;
    let result = redo(session, work, chunk).await;
    if result.as_ref().is_err_and(|error| !error.lost) {
        session.exec("ROLLBACK").await?;
    }
    result
}

async fn redo(session: &mut Session, work: &Work, chunk: &Chunk) -> Result<u64, SqlError> {
    session.exec(&sql::clear(work, chunk)).await?;
    let rows = session.exec(&sql::copy(work, chunk)).await?;
    session.exec("COMMIT").await?;
    Ok(rows)
}

async fn hand_over(session: &mut Session, work: &Work, chunk: &Chunk) -> Result<Copied, SqlError> {
    let rows = session.rows(&sql::keys(work, chunk)).await?;
    rows.iter()
        .map(|row| boundaries::key(work, row))
        .collect::<Result<_, _>>()
        .map(Copied::HandedOver)
}

fn failed(work: &Work, chunk: &Chunk, error: &SqlError) -> Failure {
    let range = format!(
        "{} to {}",
        work.key.display(&chunk.lower),
        work.key.display(&chunk.upper)
    );
    let failure = Failure::failed(format!("Rows of {} could not be copied.", work.tables.source))
        .detail(error.to_string())
        .detail(format!("in the rows from {range}"));
    match error.class() {
        Class::Data => {
            failure.hint("A native ALTER would refuse this value too: change the rows or the ALTER.")
        }
        Class::DiskFull => failure.hint("Make room on the server, then start again."),
        _ => failure,
    }
}
