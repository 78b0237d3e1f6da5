//! What is done when the chain of an attempt has come to its end: the lock is known to be gone, and what a lost session has
//! or has not done is found out and, as far as triggers' names go, finished.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::{Attempt, Beside, Ended, Goal, Names, Swapped, not_yet, rehearse};
use crate::{
    error::{Exit, Failure},
    mysql::SqlError,
    verify::Proof,
};

/// How long it may take to end a session and to read the names: a minute to get a session for it, and a minute for the
/// server to roll back.
const FIND_OUT_SECONDS_MAX: u64 = 150;

/// No lock of ours outlives an attempt.
pub(super) async fn released(beside: &mut impl Beside, session: u32, ended: Ended, goal: Goal) -> Attempt {
    match ended {
        Ended::Unlocked(attempt) => attempt,
        Ended::Asked { why, since, proof } => match (names_after(beside, session).await, goal) {
            (Ok(names), Goal::Swap) => {
                let told = told_by(names, &why, (since, proof));
                if matches!(told, Attempt::Swapped(_)) {
                    finish_triggers(beside, &why).await;
                }
                told
            }
            (Ok(names), Goal::Rehearse) => rehearse::told_by(names, &why),
            (Err(error), _) => Attempt::Unknown(unknown(&why, &error.to_string())),
        },
        Ended::Unnamed { why, swapped } => {
            let gone = answered(beside.end(session)).await;
            if gone.is_ok() {
                finish_triggers(beside, &why).await;
            }
            held(session, gone, Attempt::Swapped(swapped))
        }
        Ended::Held(attempt) => held(session, answered(beside.end(session)).await, attempt),
    }
}

/// Whether the session that held the lock is gone.
fn held(session: u32, gone: Result<(), SqlError>, attempt: Attempt) -> Attempt {
    match (gone, attempt) {
        (Ok(()), attempt) => attempt,
        // What is done is done; that the table may still be locked, the log must say.
        (Err(error), done @ (Attempt::Swapped(_) | Attempt::Rehearsed(_))) => {
            let failure = still_locked(session, &error);
            let hint = failure.hint.as_deref().unwrap_or_default();
            tracing::error!("RENAME is done. {failure}; {hint}");
            done
        }
        (Err(error), _) => Attempt::Stop(still_locked(session, &error)),
    }
}

/// The tables are swapped, so nothing here fails the run.
async fn finish_triggers(beside: &mut impl Beside, why: &str) {
    if let Err(error) = answered(beside.finish_triggers()).await {
        tracing::error!(
            "The tables are swapped, and not all triggers have their names back ({why}; {error}). Look at SHOW TRIGGERS: \
             those called _ghost_rs_… stand for the old table's."
        );
    }
}

/// RENAME is one atomic statement, so the names tell; but only once the session cannot run it any more.
async fn names_after(beside: &mut impl Beside, session: u32) -> Result<Names, SqlError> {
    answered(beside.end(session)).await?;
    answered(beside.names()).await
}

fn told_by(names: Names, why: &str, (since, proof): (Instant, Proof)) -> Attempt {
    match names {
        Names {
            source: true,
            ghost: false,
            old: true,
        } => Attempt::Swapped(Swapped {
            held: since.elapsed(),
            proof,
        }),
        Names {
            source: true,
            ghost: true,
            old: false,
        } => not_yet(format!("RENAME was lost and not done: {why}")),
        names => Attempt::Unknown(unknown(why, &format!("{names:?}"))),
    }
}

/// The second session may be lost too: nobody waits for it for ever.
async fn answered<T>(answer: impl Future<Output = Result<T, SqlError>>) -> Result<T, SqlError> {
    let limit = Duration::from_secs(FIND_OUT_SECONDS_MAX);
    timeout(limit, answer).await.unwrap_or_else(|_| {
        Err(SqlError::unreadable(format!(
            "no answer within {FIND_OUT_SECONDS_MAX} s"
        )))
    })
}

fn still_locked(session: u32, error: &SqlError) -> Failure {
    Failure::new(Exit::Unknown, "The swap's session could not be ended.")
        .detail(format!(
            "session {session} may still hold the write locks: {error}"
        ))
        .hint(format!(
            "Look at the process list; if {session} is still there: KILL {session};"
        ))
}

pub(super) fn unknown(why: &str, found: &str) -> Failure {
    Failure::new(Exit::Unknown, "The answer to the swap's RENAME was lost, and what it did could not be found out.")
        .detail(format!("RENAME: {why}"))
        .detail(format!("afterwards: {found}"))
        .hint(
            "Look at the tables before anything else: either the ghost or the old table is there, never both, and the \
             other one bears the table's name.",
        )
}
