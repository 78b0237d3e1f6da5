//! The swap's two sessions on a real server.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Beside, Door, Names};
use crate::{
    apply::Flusher,
    changes::{Batch, Flushed},
    error::{Exit, Failure},
    key::Key,
    mysql::{Class, Session, Sessions, SqlError, kill},
    plan::work::Work,
    retry::Retry,
    schema::TableName,
    sql::{quote_ident, text},
    triggers,
    verify::{Depth, Difference, Eye, Subject},
};

/// A server that does not hear from us for so long ends the session, and with it the locks: longer than any window,
/// and much shorter than the time in which a server finds out by itself that a network is gone.
const IDLE_SECONDS_MAX: u64 = 60;

/// The session that holds the locks.
pub struct LockSession {
    flusher: Flusher,
    work: Arc<Work>,
    eye: Eye,
    subject: Option<Arc<Subject>>,
    depth: Depth,
}

impl LockSession {
    /// Opens it. `lock`: the server's own limit for the wait, as a second line of defence; `compared`: what is compared
    /// under the lock, and how closely, if anything is.
    pub async fn open(
        sessions: &Sessions,
        work: Arc<Work>,
        lock: Duration,
        compared: Option<(Arc<Subject>, Depth)>,
    ) -> Result<Self, Failure> {
        let set_up = |error: SqlError| error.failure("The swap's session could not be set up.");
        let mut session = sessions.open("swap").await?;
        session.set_up(&limits(lock)).await.map_err(set_up)?;
        let mut flusher = Flusher::new(session).await.map_err(set_up)?;
        // Under the lock everybody would wait for it.
        let ahead = async {
            let mut eye = Eye::default();
            if let Some((subject, _)) = &compared {
                eye.open(flusher.session(), subject).await?;
            }
            flusher.prepare(&work).await?;
            Ok(eye)
        };
        let eye = ahead.await.map_err(|error: SqlError| match error.class() {
            // Another attempt may succeed.
            Class::Lost | Class::Transient => Failure {
                exit: Exit::Unreachable,
                ..set_up(error)
            },
            _ => set_up(error),
        })?;
        let (subject, depth) =
            compared.map_or((None, Depth::Presence), |(subject, depth)| (Some(subject), depth));
        Ok(Self {
            flusher,
            work,
            eye,
            subject,
            depth,
        })
    }

    /// When it was opened.
    pub fn opened(&mut self) -> Instant {
        self.flusher.session().opened()
    }

    /// Closes it, and with it whatever it still holds.
    pub async fn close(self) {
        self.flusher.into_session().close().await;
    }
}

impl Door for LockSession {
    fn id(&self) -> u32 {
        self.flusher.id()
    }

    async fn lock(&mut self) -> Result<(), SqlError> {
        let tables = &self.work.tables;
        let sql = format!("LOCK TABLES {} WRITE, {} WRITE", tables.source, tables.ghost);
        self.flusher.session().exec(&sql).await.map(|_| ())
    }

    async fn flush(&mut self, batch: &Batch) -> Result<Flushed, SqlError> {
        self.flusher.once(&self.work, batch).await
    }

    fn touched(&mut self) -> Vec<Key> {
        self.flusher.take_touched()
    }

    async fn look(&mut self, keys: &[Key]) -> Result<Vec<Difference>, SqlError> {
        match &self.subject {
            Some(subject) => {
                let session = self.flusher.session();
                self.eye.keys(session, subject, keys, self.depth).await
            }
            None => Ok(Vec::new()),
        }
    }

    async fn gtids(&mut self) -> Result<Option<String>, SqlError> {
        let sql = "SELECT @@GLOBAL.gtid_mode, REPLACE(@@GLOBAL.gtid_executed, '\n', '')";
        let row = self.flusher.session().one(sql).await?.unwrap_or_default();
        let is_on = row.text(0).is_some_and(|mode| mode == "ON");
        Ok(row.text(1).filter(|gtids| is_on && !gtids.is_empty()))
    }

    async fn settle(&mut self) -> Result<(), SqlError> {
        let session = self.flusher.session();
        if let Some(failure) = zero_that_would_be_numbered(session, &self.work).await? {
            return Err(SqlError::unreadable(failure.to_string()));
        }
        carry_auto_increment(session, &self.work).await
    }

    async fn arm(&mut self) -> Result<(), SqlError> {
        let (session, work) = (self.flusher.session(), &self.work);
        if !triggers::unchanged(session, &work.tables, &work.triggers).await? {
            let what = format!(
                "triggers of {} are not what they were, or a name that they are to have is taken by now",
                work.tables.source
            );
            return Err(SqlError::unreadable(what));
        }
        triggers::arm(session, &work.tables, &work.triggers).await
    }

    async fn name_triggers(&mut self) -> Result<(), SqlError> {
        triggers::name(self.flusher.session(), &self.work).await
    }

    async fn rename(&mut self) -> Result<(), SqlError> {
        let tables = &self.work.tables;
        let sql = format!(
            "RENAME TABLE {} TO {}, {} TO {} {}",
            tables.source,
            tables.old,
            tables.ghost,
            tables.source,
            self.work.tag()
        );
        self.flusher.session().exec(&sql).await.map(|_| ())
    }

    async fn rename_and_back(&mut self) -> Result<(), SqlError> {
        let tables = &self.work.tables;
        let sql = format!(
            "RENAME TABLE {source} TO {old}, {ghost} TO {source}, {source} TO {ghost}, {old} TO {source} {tag}",
            source = tables.source,
            ghost = tables.ghost,
            old = tables.old,
            tag = self.work.tag()
        );
        self.flusher.session().exec(&sql).await.map(|_| ())
    }

    async fn unlock(&mut self) -> Result<(), SqlError> {
        self.flusher.session().exec("UNLOCK TABLES").await.map(|_| ())
    }
}

/// The session beside it.
pub struct Aside {
    session: Session,
    sessions: Sessions,
    door_opened: Instant,
    work: Arc<Work>,
}

impl Aside {
    /// Opens it, for one swap session. `lock`: how long a statement may wait for a lock on the ghost.
    pub async fn open(
        sessions: &Sessions,
        work: Arc<Work>,
        door_opened: Instant,
        lock: Duration,
    ) -> Result<Self, Failure> {
        let mut session = sessions.open("beside the swap").await?;
        session
            .set_up(&limits(lock))
            .await
            .map_err(|error| error.failure("The session beside the swap could not be set up."))?;
        Ok(Self {
            session,
            // A restart in the middle of the swap must not keep us from finding out what came of it.
            sessions: sessions.clone().even_restarted(),
            door_opened,
            work,
        })
    }

    /// The session itself, for what is done before and after an attempt.
    pub fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    /// Closes it.
    pub async fn close(self) {
        self.session.close().await;
    }

    /// Everything that this session does may be done again, on a new one where it was lost.
    async fn persist<T>(
        &mut self,
        mut ask: impl AsyncFnMut(&mut Session) -> Result<T, SqlError>,
    ) -> Result<T, SqlError> {
        let mut retry = Retry::default();
        loop {
            let error = match ask(&mut self.session).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if !matches!(error.class(), Class::Transient | Class::Lost) || !retry.again().await {
                return Err(error);
            }
            tracing::debug!(%error, "the session beside the swap asks again");
            if error.lost
                && let Ok(session) = self.sessions.open("beside the swap").await
            {
                std::mem::replace(&mut self.session, session).close().await;
            }
        }
    }
}

impl Beside for Aside {
    async fn interrupt(&mut self, session: u32) -> Result<(), SqlError> {
        self.persist(async |beside| kill::interrupt(beside, session).await)
            .await
    }

    async fn end(&mut self, session: u32) -> Result<(), SqlError> {
        let opened = self.door_opened;
        self.persist(async |beside| kill::end(beside, session, opened).await)
            .await
    }

    async fn finish_triggers(&mut self) -> Result<(), SqlError> {
        let work = Arc::clone(&self.work);
        if work.triggers.is_empty() {
            return Ok(());
        }
        self.persist(async |beside| finish_triggers(beside, &work).await)
            .await
    }

    async fn names(&mut self) -> Result<Names, SqlError> {
        let work = Arc::clone(&self.work);
        self.persist(async |beside| names(beside, &work).await).await
    }
}

/// Nobody changes a row between the steps.
async fn finish_triggers(session: &mut Session, work: &Work) -> Result<(), SqlError> {
    let (source, old) = (&work.tables.source, &work.tables.old);
    session
        .exec(&format!("LOCK TABLES {source} WRITE, {old} WRITE"))
        .await?;
    let done = triggers::finish(session, work).await;
    let unlocked = session.exec("UNLOCK TABLES").await;
    done.and(unlocked.map(|_| ()))
}

fn limits(lock: Duration) -> String {
    format!(
        "SET SESSION lock_wait_timeout = {}, wait_timeout = {IDLE_SECONDS_MAX}",
        lock.as_secs().max(1)
    )
}

async fn names(session: &mut Session, work: &Work) -> Result<Names, SqlError> {
    let tables = &work.tables;
    Ok(Names {
        source: exists(session, &tables.source).await?,
        ghost: exists(session, &tables.ghost).await?,
        old: exists(session, &tables.old).await?,
    })
}

async fn exists(session: &mut Session, table: &TableName) -> Result<bool, SqlError> {
    let row = session
        .one(&format!(
            "SELECT 1 FROM information_schema.TABLES WHERE {}",
            is(table)
        ))
        .await?;
    Ok(row.is_some())
}

fn is(table: &TableName) -> String {
    format!(
        "TABLE_SCHEMA = {} AND TABLE_NAME = {}",
        text(&table.schema),
        text(&table.table)
    )
}

/// The counter is not in the rows: after the last ones were deleted it is ahead of them, and their ids must not be
/// given out again.
async fn carry_auto_increment(session: &mut Session, work: &Work) -> Result<(), SqlError> {
    if !work.carry_auto_increment {
        return Ok(());
    }
    let source = auto_increment(session, &work.tables.source).await?;
    let ghost = auto_increment(session, &work.tables.ghost).await?;
    match source {
        Some(next) if ghost.is_none_or(|ghost| ghost < next) => {
            let sql = format!(
                "ALTER TABLE {} AUTO_INCREMENT = {next} {}",
                work.tables.ghost,
                work.tag()
            );
            session.exec(&sql).await.map(|_| ())
        }
        _ => Ok(()),
    }
}

async fn auto_increment(session: &mut Session, table: &TableName) -> Result<Option<u64>, SqlError> {
    let sql = format!(
        "SELECT AUTO_INCREMENT FROM information_schema.TABLES WHERE {}",
        is(table)
    );
    Ok(session.one(&sql).await?.and_then(|row| row.u64(0)))
}

/// A native ALTER that makes a column AUTO_INCREMENT gives the rows with 0 there new numbers; the copy keeps the 0. The
/// column leads an index of the ghost, so this is one look.
pub(crate) async fn zero_that_would_be_numbered(
    session: &mut Session,
    work: &Work,
) -> Result<Option<Failure>, SqlError> {
    let Some(column) = &work.no_zero_in else {
        return Ok(None);
    };
    let sql = format!(
        "SELECT 1 FROM {} WHERE {} = 0 LIMIT 1",
        work.tables.ghost,
        quote_ident(column)
    );
    Ok(session.one(&sql).await?.map(|_| {
        Failure::failed(format!(
            "A row of {} holds 0 in `{column}`, which becomes AUTO_INCREMENT.",
            work.tables.source
        ))
        .detail("a native ALTER would give the row a new number")
        .hint("Give the row another number, then start again.")
    }))
}
