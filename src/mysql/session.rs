//! A session on the server: one connection, settings that are ours, statements in the text protocol.
//!
//! Rules: values stay the bytes that the server sent; a failed statement says whether the connection survived it,
//! because after a lost one nobody knows whether the statement took effect; a session is closed by [`Session::close`],
//! which waits, so that no lock of ours outlives the caller. Making the connection is `connect`'s; retrying is the
//! caller's, who knows what may be repeated.

use std::collections::HashMap;
use std::fmt;
use std::time::{Duration, Instant};

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, Value};

use super::codes::{self, Class};
use super::connect::connect;
use super::identity::Identity;
use super::kill;
use super::ours::Ours;
use super::settings::SessionSettings;
use crate::error::{Exit, Failure};
use crate::retry::Retry;

/// Closing waits no longer than this for the server to take the farewell.
const CLOSE_SECONDS_MAX: u64 = 3;

/// A statement that takes longer is told in the debug log.
const SLOW: Duration = Duration::from_millis(50);

/// A session is opened so often before it is given up.
const OPEN_ATTEMPTS_MAX: u32 = 3;

/// Of a statement's text, so much goes into an error: enough to know it, not enough to hold a batch of values.
const LABEL_CHARS_MAX: usize = 80;

/// A statement that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message} (statement: {statement})", code.map(|code| format!("error {code}: ")).unwrap_or_default())]
pub struct SqlError {
    /// The server's error code; `None` when the error is the connection's.
    pub code: Option<u16>,
    /// The server's message, or the connection's.
    pub message: String,
    /// The connection is gone: whether the statement took effect is not known.
    pub lost: bool,
    /// The beginning of the statement.
    pub statement: String,
}

impl SqlError {
    /// What may be done about it.
    pub fn class(&self) -> Class {
        if self.lost {
            Class::Lost
        } else {
            self.code
                .map_or(Class::Lost, |code| codes::classify(code, &self.message))
        }
    }

    /// The error as a run's end: `what` says what we were doing, as a full sentence.
    pub fn failure(&self, what: impl Into<String>) -> Failure {
        let exit = if self.class() == Class::Access {
            Exit::Refused
        } else {
            Exit::Failed
        };
        Failure::new(exit, what).detail(self.to_string())
    }

    fn new(error: &mysql_async::Error, sql: &str) -> Self {
        let (code, message) = match error {
            mysql_async::Error::Server(server) => (Some(server.code), server.message.clone()),
            other => (None, other.to_string()),
        };
        // Besides the network, the driver's own errors (packets out of order …) leave a connection that cannot be used.
        let lost = code.is_none_or(|code| codes::classify(code, &message) == Class::Lost);
        Self {
            code,
            message,
            lost,
            statement: label(sql),
        }
    }

    /// A value that came back from the server and is not what the statement asked for.
    pub fn unreadable(message: impl Into<String>) -> Self {
        Self {
            code: Some(0),
            message: message.into(),
            lost: false,
            statement: String::new(),
        }
    }

    /// A statement that was not answered within a limit: whether it took effect is not known.
    pub fn silent(sql: &str, limit: Duration) -> Self {
        Self {
            code: None,
            message: format!("no answer within {limit:?}"),
            lost: true,
            statement: label(sql),
        }
    }

    fn broken(sql: &str) -> Self {
        let message = "an earlier statement of this session was abandoned before its answer came".to_owned();
        Self {
            code: None,
            message,
            lost: true,
            statement: label(sql),
        }
    }
}

fn label(sql: &str) -> String {
    let mut label: String = sql.chars().take(LABEL_CHARS_MAX).collect();
    if label.len() < sql.len() {
        label.push('…');
    }
    label
}

/// One row of a result: the bytes of each column as the server sent them, `None` for NULL.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Row(pub Vec<Option<Vec<u8>>>);

impl Row {
    /// The bytes of a column (0-based); `None` for NULL.
    pub fn bytes(&self, index: usize) -> Option<&[u8]> {
        self.0.get(index)?.as_deref()
    }

    /// A column as text; what is not UTF-8 is replaced.
    pub fn text(&self, index: usize) -> Option<String> {
        self.bytes(index)
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    /// A column as an unsigned number.
    pub fn u64(&self, index: usize) -> Option<u64> {
        std::str::from_utf8(self.bytes(index)?).ok()?.parse().ok()
    }
}

/// A connection with our settings, and what it is for.
pub struct Session {
    conn: Conn,
    id: u32,
    purpose: &'static str,
    /// A statement was sent and its answer is not read yet. Still true when the next one comes: a caller dropped the
    /// future half way, and what arrives next would be the wrong answer.
    in_flight: bool,
    opened: Instant,
}

impl Session {
    /// Takes a connection over and applies `settings`.
    pub async fn start(
        conn: Conn,
        purpose: &'static str,
        settings: &SessionSettings,
    ) -> Result<Self, SqlError> {
        let id = conn.id();
        let mut session = Self {
            conn,
            id,
            purpose,
            in_flight: false,
            opened: Instant::now(),
        };
        session.exec(&settings.statement()).await?;
        tracing::debug!(connection = id, purpose, "session open");
        Ok(session)
    }

    /// The server's connection id, as in its process list.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// What the session is for, in a word or two.
    pub fn purpose(&self) -> &'static str {
        self.purpose
    }

    /// Warnings of the last statement. SHOW WARNINGS has their text.
    pub fn warnings(&self) -> u16 {
        self.conn.get_warnings()
    }

    /// All rows of a statement's first result.
    pub async fn rows(&mut self, sql: &str) -> Result<Vec<Row>, SqlError> {
        Ok(self.run(sql).await?.into_iter().map(unpack).collect())
    }

    /// The first row of a result, if there is one.
    pub async fn one(&mut self, sql: &str) -> Result<Option<Row>, SqlError> {
        Ok(self.rows(sql).await?.into_iter().next())
    }

    /// All rows with their columns' names, for SHOW statements whose columns differ between versions.
    pub async fn named(&mut self, sql: &str) -> Result<Vec<HashMap<String, Option<String>>>, SqlError> {
        let rows = self.run(sql).await?;
        Ok(rows.into_iter().map(with_names).collect())
    }

    /// Runs a statement and says how many rows it changed.
    pub async fn exec(&mut self, sql: &str) -> Result<u64, SqlError> {
        self.run(sql).await?;
        Ok(self.conn.affected_rows())
    }

    /// Runs statements in one packet, in bytes of the session's charset; the server goes on with it even if we are gone.
    /// The first that fails ends it.
    pub async fn exec_bytes(&mut self, sql: &[u8]) -> Result<(), SqlError> {
        self.run_bytes(sql, &String::from_utf8_lossy(sql)).await.map(drop)
    }

    async fn run(&mut self, sql: &str) -> Result<Vec<mysql_async::Row>, SqlError> {
        self.run_bytes(sql.as_bytes(), sql).await
    }

    /// `sql`: the statement for people.
    async fn run_bytes(&mut self, bytes: &[u8], sql: &str) -> Result<Vec<mysql_async::Row>, SqlError> {
        if std::mem::replace(&mut self.in_flight, true) {
            return Err(SqlError::broken(sql));
        }
        let begun = Instant::now();
        let result = fetch(&mut self.conn, bytes)
            .await
            .map_err(|error| SqlError::new(&error, sql));
        if begun.elapsed() > SLOW {
            let (took, statement) = (begun.elapsed(), label(sql));
            tracing::debug!(?took, purpose = self.purpose, statement, "slow statement");
        }
        // After a lost connection the flag stays: nothing can be sent any more.
        self.in_flight = result.as_ref().is_err_and(|error| error.lost);
        result
    }

    /// Runs a statement that sets the session up. If the session is lost there, the next statement says so too, to
    /// somebody who knows what to do about it.
    pub async fn set_up(&mut self, sql: &str) -> Result<(), SqlError> {
        match self.exec(sql).await {
            Err(error) if !error.lost => Err(error),
            _ => Ok(()),
        }
    }

    /// When it was opened.
    pub fn opened(&self) -> Instant {
        self.opened
    }

    /// Puts a new session in the place of one that was lost, which is known to be gone from the server then.
    pub async fn replace(&mut self, sessions: &Sessions) -> Result<(), Failure> {
        let mut retry = Retry::default();
        loop {
            let mut new = sessions.open(self.purpose).await?;
            let Err(error) = kill::end(&mut new, self.id, self.opened).await else {
                std::mem::replace(self, new).close().await;
                return Ok(());
            };
            new.close().await;
            if !matches!(error.class(), Class::Transient | Class::Lost) || !retry.again().await {
                return Err(error.failure(format!("The lost session {} could not be ended.", self.id)));
            }
        }
    }

    /// Says goodbye and waits until the connection is closed, so that the server has given up all our locks or will
    /// within moments. Dropping a session leaves that to a task that nobody waits for.
    pub async fn close(self) {
        let limit = Duration::from_secs(CLOSE_SECONDS_MAX);
        match tokio::time::timeout(limit, self.conn.disconnect()).await {
            Ok(Ok(())) => tracing::debug!(connection = self.id, purpose = self.purpose, "session closed"),
            Ok(Err(error)) => {
                tracing::debug!(connection = self.id, purpose = self.purpose, %error, "session was lost")
            }
            Err(_) => tracing::warn!(
                connection = self.id,
                purpose = self.purpose,
                "session did not close in time"
            ),
        }
    }
}

async fn fetch(conn: &mut Conn, sql: &[u8]) -> mysql_async::Result<Vec<mysql_async::Row>> {
    let mut result = conn.query_iter(sql).await?;
    let rows = result.collect::<mysql_async::Row>().await?;
    result.drop_result().await?;
    Ok(rows)
}

fn unpack(row: mysql_async::Row) -> Row {
    Row(row
        .unwrap_raw()
        .into_iter()
        .map(|value| value.and_then(into_bytes))
        .collect())
}

fn with_names(row: mysql_async::Row) -> HashMap<String, Option<String>> {
    let names: Vec<String> = row
        .columns_ref()
        .iter()
        .map(|column| column.name_str().into_owned())
        .collect();
    let values = unpack(row);
    names
        .into_iter()
        .enumerate()
        .map(|(index, name)| (name, values.text(index)))
        .collect()
}

fn into_bytes(value: Value) -> Option<Vec<u8>> {
    match value {
        Value::NULL => None,
        Value::Bytes(bytes) => Some(bytes),
        // The text protocol sends bytes only; the other variants belong to the binary one.
        other => Some(other.as_sql(true).into_bytes()),
    }
}

/// Opens sessions on one server, all the same way.
#[derive(Clone)]
pub struct Sessions {
    opts: Opts,
    connect_limit: Duration,
    settings: SessionSettings,
    server: Option<Identity>,
    ours: Ours,
}

impl Sessions {
    /// A factory for one server; `settings` are those of [`Sessions::open`].
    pub fn new(opts: impl Into<Opts>, connect_limit: Duration, settings: SessionSettings) -> Self {
        Self {
            opts: opts.into(),
            connect_limit,
            settings,
            server: None,
            ours: Ours::default(),
        }
    }

    /// The same server with other settings.
    #[must_use]
    pub fn with(&self, settings: SessionSettings) -> Self {
        Self {
            settings,
            ..self.clone()
        }
    }

    /// The connections of all sessions that these, and those made from them, have opened.
    pub fn ours(&self) -> &Ours {
        &self.ours
    }

    /// The settings sessions are opened with.
    pub fn settings(&self) -> &SessionSettings {
        &self.settings
    }

    /// From now on a session is only opened on the very server process that this session is on: after a restart or a
    /// failover, what we know of commits and locks is not to be relied on.
    #[must_use]
    pub fn only_on(self, server: Identity) -> Self {
        Self {
            server: Some(server),
            ..self
        }
    }

    /// The same server also after a restart, for questions about what is there.
    #[must_use]
    pub fn even_restarted(self) -> Self {
        Self {
            server: self.server.map(Identity::any_process),
            ..self
        }
    }

    /// A new session, in a failure's words where that does not work. One that is lost before it is set up is opened
    /// again: whoever kills sessions may have met it.
    pub async fn open(&self, purpose: &'static str) -> Result<Session, Failure> {
        let mut attempts = 1;
        loop {
            match self.try_open(purpose).await {
                Ok(session) => return Ok(session),
                Err((failure, again)) if !again || attempts >= OPEN_ATTEMPTS_MAX => return Err(failure),
                Err(_) => attempts += 1,
            }
        }
    }

    /// What went wrong, and whether it may be tried again.
    async fn try_open(&self, purpose: &'static str) -> Result<Session, (Failure, bool)> {
        // Before the server is known, an address that does not answer is a wrong one.
        let under_way = self.server.is_some();
        let connected = connect(&self.opts, self.connect_limit).await;
        let conn = connected.map_err(|failure| (failure, under_way))?;
        self.ours.add(conn.id());
        match self.start(conn, purpose).await {
            Ok((session, None)) => Ok(session),
            Ok((_, Some(other))) => Err((other, false)),
            Err(error) => {
                let what = format!("The settings of a session ({purpose}) could not be applied.");
                Err((error.failure(what), error.lost))
            }
        }
    }

    /// The session, and what is to be said against the server that it is on.
    async fn start(&self, conn: Conn, purpose: &'static str) -> Result<(Session, Option<Failure>), SqlError> {
        let mut session = Session::start(conn, purpose, &self.settings).await?;
        let Some(known) = &self.server else {
            return Ok((session, None));
        };
        let now = Identity::of(&mut session).await?;
        Ok((session, known.check(&now).err()))
    }
}

/// Not derived: the driver's options are in there, and their `Debug` prints the password.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("id", &self.id)
            .field("purpose", &self.purpose)
            .finish_non_exhaustive()
    }
}

/// Not derived, for the same reason.
impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_short() {
        assert_eq!(label("SELECT 1"), "SELECT 1");
        assert_eq!(label(&"é".repeat(200)).chars().count(), LABEL_CHARS_MAX + 1);
    }

    #[test]
    fn server_errors_keep_code_and_connection() {
        let error = mysql_async::ServerError {
            code: 1213,
            message: "Deadlock".into(),
            state: "40001".into(),
        };
        let error = SqlError::new(&error.into(), "INSERT INTO t SELECT 1");
        assert_eq!(
            (error.code, error.lost, error.class()),
            (Some(1213), false, Class::Transient)
        );
        assert_eq!(
            error.to_string(),
            "error 1213: Deadlock (statement: INSERT INTO t SELECT 1)"
        );
    }

    #[test]
    fn driver_errors_lose_the_connection() {
        let error = SqlError::new(&mysql_async::DriverError::ConnectionClosed.into(), "COMMIT");
        assert_eq!((error.code, error.lost, error.class()), (None, true, Class::Lost));
    }

    #[test]
    fn rows_give_text_and_numbers() {
        let row = Row(vec![Some(b"42".to_vec()), None, Some(b"x".to_vec())]);
        assert_eq!((row.u64(0), row.u64(1), row.u64(2)), (Some(42), None, None));
        assert_eq!((row.text(2).as_deref(), row.text(3)), (Some("x"), None));
    }
}
