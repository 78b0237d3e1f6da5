//! Ending other sessions of ours, and knowing that they are gone.
//!
//! After a connection was lost, its session may still be working on the server; what it holds or commits later must
//! not surprise us. Users may end their own sessions without any privilege.

use std::time::{Duration, Instant};

use super::{Session, SqlError};

/// A killed session that is rolling back is waited for so long.
const GONE_SECONDS_MAX: u64 = 60;
/// Pause between looks.
const LOOK_MS: u64 = 20;
/// No such thread.
const UNKNOWN_THREAD: Option<u16> = Some(1094);

/// Ends what a session is doing now; the session stays.
pub async fn interrupt(beside: &mut Session, session: u32) -> Result<(), SqlError> {
    forgiving(beside.exec(&format!("KILL QUERY {session}")).await)
}

/// Ends a session and waits until it is gone, with its locks. `opened`: when it was. Ids begin again when a server
/// restarts, so a session that is older than the server is gone already, and its id may be somebody else's.
pub async fn end(beside: &mut Session, session: u32, opened: Instant) -> Result<(), SqlError> {
    if uptime(beside).await? + Duration::from_secs(2) < opened.elapsed() {
        return Ok(());
    }
    let begun = Instant::now();
    while is_there(beside, session).await? {
        if begun.elapsed() > Duration::from_secs(GONE_SECONDS_MAX) {
            let message = format!("session {session} is still there {GONE_SECONDS_MAX} s after KILL");
            return Err(SqlError::unreadable(message));
        }
        tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
    }
    Ok(())
}

async fn uptime(beside: &mut Session) -> Result<Duration, SqlError> {
    let row = beside.one("SHOW GLOBAL STATUS LIKE 'Uptime'").await?;
    Ok(Duration::from_secs(
        row.and_then(|row| row.u64(1)).unwrap_or_default(),
    ))
}

/// Kills it, and says whether it was still there. A session is known to the server until all that it held is given up.
/// The process list would not do: it needs a privilege, and `information_schema`'s fails altogether while any session
/// runs a statement with a 4-byte character (error 3854).
async fn is_there(beside: &mut Session, session: u32) -> Result<bool, SqlError> {
    match beside.exec(&format!("KILL {session}")).await {
        Ok(_) => Ok(true),
        Err(error) if error.code == UNKNOWN_THREAD => Ok(false),
        Err(error) => Err(error),
    }
}

fn forgiving(result: Result<u64, SqlError>) -> Result<(), SqlError> {
    match result {
        Err(error) if error.code == UNKNOWN_THREAD => Ok(()),
        other => other.map(|_| ()),
    }
}
