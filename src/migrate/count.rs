//! The exact number of rows: one `SELECT COUNT(*)` in a transaction and a session of its own, which can be ended.
//!
//! As long as it runs, it holds a metadata lock on the table, and the swap would queue behind it: so when it should end,
//! it is ended on the server, and is known to be gone from there before anybody hears of it.

use crate::{
    error::Failure,
    mysql::{Session, Sessions, SqlError, kill},
    plan::work::Work,
    tasks::EndAsked,
};

/// How a count ended.
pub(super) enum Counted {
    /// So many rows.
    Rows(u64),
    /// It was told to end.
    Ended,
    /// It could not be done.
    Failed(Failure),
}

/// Counts, however long it takes, unless it is told to end.
pub(super) async fn rows(sessions: &Sessions, work: &Work, end: EndAsked) -> Counted {
    let mut session = match sessions.open("row count").await {
        Ok(session) => session,
        Err(failure) => return Counted::Failed(failure),
    };
    let (id, opened) = (session.id(), session.opened());
    let counted = tokio::select! {
        biased;
        () = end.asked() => None,
        counted = ask(&mut session, work) => Some(counted),
    };
    let result = match counted {
        Some(Ok(rows)) => Counted::Rows(rows),
        Some(Err(error)) => Counted::Failed(error.failure(format!(
            "The rows of {} could not be counted.",
            work.tables.source
        ))),
        None => match end_on_server(sessions, id, opened).await {
            Ok(()) => Counted::Ended,
            Err(failure) => Counted::Failed(failure),
        },
    };
    session.close().await;
    result
}

async fn ask(session: &mut Session, work: &Work) -> Result<u64, SqlError> {
    session.exec("START TRANSACTION READ ONLY").await?;
    let count = format!(
        "SELECT /* ghost-rs row count */ COUNT(*) FROM {}",
        work.tables.source
    );
    let row = session.one(&count).await?;
    session.exec("COMMIT").await?;
    row.and_then(|row| row.u64(0))
        .ok_or_else(|| SqlError::unreadable("COUNT(*) gave no number"))
}

async fn end_on_server(sessions: &Sessions, id: u32, opened: std::time::Instant) -> Result<(), Failure> {
    let mut beside = sessions.open("ending the row count").await?;
    let ended = kill::end(&mut beside, id, opened).await;
    beside.close().await;
    ended.map_err(|error| error.failure(format!("The session {id} that counts rows could not be ended.")))
}
