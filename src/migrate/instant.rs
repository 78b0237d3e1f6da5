//! `--attempt-instant-ddl`: the server does the ALTER by itself, in a moment, if it can.
//!
//! Rules: an empty twin is asked first, and only if the server did it there instantly is the ALTER sent to the table, with
//! ALGORITHM=INSTANT, so that it is done at once or refused. It queues for the table no longer than a second at a time,
//! and not behind somebody who has used it for long. Whatever keeps it from being done, the rows are copied instead; only
//! if nobody can tell whether it was done does the run end.

use std::time::Duration;

use super::{
    Report,
    begin::{Looked, request},
};
use crate::{
    cleanup,
    config::{Config, Mode},
    error::{Exit, Failure},
    inspect,
    mysql::{Class, SqlError},
    prepare::{self, Instant},
    schema::Table,
};

/// The ALTER waits so long for the table, and everybody behind it: the shortest that the server knows.
const LOCK_SECONDS: u64 = 1;
/// It is tried so often.
const ATTEMPTS_MAX: u32 = 3;
/// Pause between two attempts.
const PAUSE: Duration = Duration::from_millis(500);
/// Whoever has used the table for longer than this will most likely go on doing so.
const HOLDER_SECONDS_MAX: u64 = 1;
/// The lock is waited for no longer than a second, and the rest takes moments: a server that is silent for so long is lost.
const ANSWER_SECONDS_MAX: u64 = 60;

impl Looked {
    /// Would the server do the ALTER instantly?
    async fn ask_twin(&mut self) -> Result<Instant, Failure> {
        let (clauses, marks) = (self.alter.instant_sql(), self.marks());
        let twin = request(&self.source, &self.tables, &clauses, &marks);
        prepare::ask_twin(&mut self.session, &twin).await
    }

    /// Refuses what only an instant ALTER could have done.
    pub(super) fn check_copy(&mut self) -> Result<(), Failure> {
        let problems = std::mem::take(&mut self.against_copy);
        inspect::together(format!("{} cannot be copied", self.tables.source), problems)
    }
}

/// Whether an instant ALTER is asked for, and may be: on a replica the table is to be as it was after a rehearsal, and
/// to take what replication writes after a change.
pub(super) fn is_wanted(config: &Config) -> bool {
    config.carry.attempt_instant && config.topology.mode == Mode::Primary
}

/// Alters the table instantly. `None`: that cannot be done, the log says why, and the table is as it was.
pub(super) async fn attempt(config: &Config, looked: &mut Looked) -> Result<Option<Report>, Failure> {
    if !is_wanted(config) {
        return Ok(None);
    }
    let guard = prepare::guard(&looked.sessions, &looked.tables.source).await?;
    let result = guarded(looked).await;
    guard.release().await;
    match result? {
        Ok(()) => Ok(Some(report(looked))),
        Err(why) => {
            tracing::info!("not instantly: {why}; the rows are copied");
            Ok(None)
        }
    }
}

/// What the server says of an empty twin: why not, if not.
pub(super) async fn would_do(looked: &mut Looked) -> Result<Result<Box<Table>, String>, Failure> {
    if let Some(algorithm) = looked.alter.algorithm().filter(|asked| !is_instant(asked)) {
        return Ok(Err(format!("the ALTER itself asks for ALGORITHM={algorithm}")));
    }
    let answer = looked.ask_twin().await?;
    Ok(match answer {
        Instant::Yes(made) => Ok(made),
        Instant::No(why) => Err(why),
    })
}

fn is_instant(algorithm: &str) -> bool {
    matches!(algorithm, "INSTANT" | "DEFAULT")
}

async fn guarded(looked: &mut Looked) -> Result<Result<(), String>, Failure> {
    for leftover in std::mem::take(&mut looked.leftovers) {
        cleanup::drop_leftover(&mut looked.session, &leftover).await?;
    }
    match would_do(looked).await? {
        Ok(made) => on_the_table(looked, &made).await,
        Err(why) => Ok(Err(why)),
    }
}

async fn on_the_table(looked: &mut Looked, made: &Table) -> Result<Result<(), String>, Failure> {
    let mut why = String::new();
    for attempt in 1..=ATTEMPTS_MAX {
        why = match in_use(looked).await? {
            Some(holder) => holder,
            None => match alter(looked).await {
                Ok(()) => return Ok(Ok(())),
                Err(error) if error.lost => return find_out(looked, made, &error).await,
                Err(error) if error.class() == Class::Transient => error.to_string(),
                Err(error) => return Ok(Err(error.to_string())),
            },
        };
        tracing::info!("instant ALTER, attempt {attempt} of {ATTEMPTS_MAX}: {why}");
        if attempt < ATTEMPTS_MAX {
            tokio::time::sleep(PAUSE).await;
        }
    }
    Ok(Err(why))
}

async fn in_use(looked: &mut Looked) -> Result<Option<String>, Failure> {
    let name = &looked.tables.source;
    let holders = inspect::holders(&mut looked.session, name, &[], HOLDER_SECONDS_MAX)
        .await
        .map_err(|error| error.failure("Who uses the table could not be found out."))?;
    let first = holders.unwrap_or_default().into_iter().next();
    Ok(first.map(|holder| {
        format!(
            "session {} has used the table for {} s",
            holder.id, holder.seconds
        )
    }))
}

async fn alter(looked: &mut Looked) -> Result<(), SqlError> {
    let sql = format!(
        "ALTER TABLE {} {}",
        looked.tables.source,
        looked.alter.instant_sql()
    );
    let session = &mut looked.session;
    let patience = looked.sessions.settings().lock_wait.as_secs();
    session
        .exec(&format!("SET lock_wait_timeout = {LOCK_SECONDS}"))
        .await?;
    let limit = Duration::from_secs(ANSWER_SECONDS_MAX);
    let answer = tokio::time::timeout(limit, session.exec(&sql)).await;
    match answer {
        Err(_) => Err(SqlError::silent(&sql, limit)),
        Ok(Err(error)) if error.lost => Err(error),
        Ok(answer) => {
            // What became of the ALTER is the answer, whatever becomes of this.
            if let Err(error) = session.exec(&format!("SET lock_wait_timeout = {patience}")).await {
                tracing::debug!(%error, "the session keeps its short patience");
            }
            answer.map(|_| ())
        }
    }
}

/// The answer is lost: once its session is gone from the server, the table's definition tells.
async fn find_out(
    looked: &mut Looked,
    made: &Table,
    error: &SqlError,
) -> Result<Result<(), String>, Failure> {
    looked
        .session
        .replace(&looked.sessions)
        .await
        .map_err(|failure| unknown(&failure, error))?;
    let name = looked.tables.source.clone();
    let now = inspect::source(&mut looked.session, &name)
        .await
        .map_err(|failure| unknown(&failure, error))?;
    if now.is_as(&looked.source) {
        return Ok(Err(format!("its answer was lost, and it was not done: {error}")));
    }
    if now.table.columns == made.columns && now.table.unique_keys == made.unique_keys {
        return Ok(Ok(()));
    }
    let found = Failure::failed("The table is neither as it was nor as the ALTER makes it.");
    Err(unknown(&found, error))
}

fn unknown(found: &Failure, error: &SqlError) -> Failure {
    Failure::new(
        Exit::Unknown,
        "The answer to an instant ALTER was lost, and what it did could not be found out.",
    )
    .detail(format!("ALTER: {error}"))
    .detail(format!("afterwards: {found}"))
    .hint("Look at the table: SHOW CREATE TABLE says whether it is altered.")
}

fn report(looked: &Looked) -> Report {
    let line = format!(
        "{} is altered: the server did it instantly (ALGORITHM=INSTANT), and no row was copied.",
        looked.tables.source
    );
    Report {
        verified: None,
        lines: vec![line],
        instant: true,
    }
}
