//! XA transactions that were prepared before the binlog is read: their keys are not in what is read, so whichever of
//! them changed the table has to be decided before the first row is copied. The others do not concern the run.

use std::collections::BTreeSet;
use std::time::Duration;

use super::stop::Stop;
use crate::{
    error::Failure,
    inspect::{self, Undecided},
    mysql::{Session, SqlError},
    schema::TableName,
};

/// They are looked for again so often.
const PAUSE_MS: u64 = 500;

/// Waits until every transaction is decided that may have changed the table before `session`'s server was asked where
/// its binlog ends. `true`: from now on, an XA transaction that commits without having been prepared in what is read
/// has not changed the table. `false`: the account may not look.
pub(super) async fn decided(
    session: &mut Session,
    table: &TableName,
    stop: &mut Stop,
) -> Result<bool, Failure> {
    let Some(first) = look(session, table).await? else {
        return Ok(false);
    };
    let mut waiting_for: BTreeSet<u64> = first.writers;
    if !waiting_for.is_empty() {
        tracing::info!(
            "waits for {} transactions that have changed {table}: among them may be these prepared ones, which somebody \
             has to decide (XA COMMIT or XA ROLLBACK): {}",
            waiting_for.len(),
            first.xids.join(", ")
        );
    }
    while !waiting_for.is_empty() {
        tokio::select! {
            failure = stop.asked() => return Err(failure),
            () = tokio::time::sleep(Duration::from_millis(PAUSE_MS)) => {}
        }
        let Some(now) = look(session, table).await? else {
            return Ok(false);
        };
        waiting_for = waiting_for.intersection(&now.writers).copied().collect();
    }
    Ok(true)
}

async fn look(session: &mut Session, table: &TableName) -> Result<Option<Undecided>, Failure> {
    let unread = |error: SqlError| error.failure("The prepared XA transactions could not be looked at.");
    inspect::undecided(session, table).await.map_err(unread)
}
