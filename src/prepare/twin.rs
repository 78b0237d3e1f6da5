//! Whether the server would do an ALTER instantly, asked of an empty twin of the source, so that the table itself is not
//! locked in vain.
//!
//! The twin has the source's definition but none of its past: how many instant changes the source has seen already (there
//! is a limit) only the source itself can tell.

use super::ghost::{GhostRequest, create_empty, remove};
use crate::error::Failure;
use crate::inspect::table;
use crate::mysql::{Session, SqlError};
use crate::schema::Table;

/// The server's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Instant {
    /// It would; the table is what it would make of the source.
    Yes(Box<Table>),
    /// It would not, in its words.
    No(String),
}

/// Tries the request's clauses, which must ask for `ALGORITHM=INSTANT`, on a twin under the ghost's name. Whatever the answer
/// is, the twin is gone again.
pub async fn ask_twin(session: &mut Session, request: &GhostRequest<'_>) -> Result<Instant, Failure> {
    create_empty(session, request).await?;
    let answer = alter(session, request).await;
    remove(session, request).await?;
    match answer {
        Ok(answer) => Ok(answer),
        Err(error) if error.lost => {
            Err(error.failure("The connection was lost at an instant ALTER of an empty twin."))
        }
        Err(error) => Ok(Instant::No(error.to_string())),
    }
}

async fn alter(session: &mut Session, request: &GhostRequest<'_>) -> Result<Instant, SqlError> {
    let twin = request.ghost;
    session
        .exec(&format!("ALTER TABLE {twin} {}", request.clauses))
        .await?;
    let made = table::table(session, twin).await?;
    Ok(made.map_or_else(
        || Instant::No(format!("the ALTER took {twin} away")),
        |made| Instant::Yes(Box::new(made)),
    ))
}
