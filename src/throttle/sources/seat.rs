//! A session for questions, opened when it is needed and again after each trouble.

use std::time::Duration;

use crate::mysql::{Session, Sessions, SqlError};
use crate::schema::quote_ident;

/// A question to a server, and a session for it, take no longer.
pub(super) const ANSWER_MAX: Duration = Duration::from_secs(2);

/// A place for one session.
pub(super) struct Seat {
    sessions: Sessions,
    session: Option<Session>,
    /// Where names without a schema are looked for.
    schema: Option<String>,
}

impl Seat {
    pub(super) fn new(sessions: Sessions) -> Self {
        Self {
            sessions,
            session: None,
            schema: None,
        }
    }

    /// Names without a schema are looked for in this one.
    pub(super) fn within(mut self, schema: &str) -> Self {
        self.schema = Some(schema.to_owned());
        self
    }

    /// The session. The server itself ends a query of it that takes too long.
    pub(super) async fn session(&mut self) -> Result<&mut Session, String> {
        if self.session.is_none() {
            let mut session = self
                .sessions
                .open("throttle")
                .await
                .map_err(|failure| failure.to_string())?;
            let limit = format!("SET SESSION max_execution_time = {}", ANSWER_MAX.as_millis());
            session.exec(&limit).await.map_err(said)?;
            if let Some(schema) = &self.schema {
                session
                    .exec(&format!("USE {}", quote_ident(schema)))
                    .await
                    .map_err(said)?;
            }
            self.session = Some(session);
        }
        self.session.as_mut().ok_or_else(|| "no session".to_owned())
    }

    /// Closes the session; the next question gets a new one.
    pub(super) async fn leave(&mut self) {
        if let Some(session) = self.session.take() {
            session.close().await;
        }
    }
}

/// The answer, or that there is none in time.
pub(super) async fn in_time<T>(answer: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    let limit = tokio::time::timeout(ANSWER_MAX, answer).await;
    limit.unwrap_or_else(|_| Err(format!("no answer within {ANSWER_MAX:?}")))
}

/// What the server said, without the statement: that is the user's own.
pub(super) fn said(error: SqlError) -> String {
    match error.code {
        Some(code) => format!("error {code}: {}", error.message),
        None => error.message,
    }
}
