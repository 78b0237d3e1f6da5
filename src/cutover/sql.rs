//! The swap's two sessions on a real server.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Beside, Door, Names};
use crate::{
    apply::Flusher,
    changes::{Batch, Flushed},
    error::Failure,
    mysql::{Session, Sessions, SqlError, kill},
    plan::work::Work,
    schema::TableName,
    sql::{quote_ident, text},
};

/// The session that holds the locks.
pub struct LockSession {
    flusher: Flusher,
    work: Arc<Work>,
}

impl LockSession {
    /// Opens it. `lock`: the server's own limit for the wait, as a second line of defence.
    pub async fn open(sessions: &Sessions, work: Arc<Work>, lock: Duration) -> Result<Self, Failure> {
        let mut session = sessions.open("swap").await?;
        let seconds = lock.as_secs().max(1);
        session
            .exec(&format!("SET SESSION lock_wait_timeout = {seconds}"))
            .await
            .map_err(|error| error.failure("The swap's session could not be set up."))?;
        let flusher = Flusher::new(session).await.map_err(|error| error.failure("The swap's session could not be set up."))?;
        Ok(Self { flusher, work })
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

    async fn settle(&mut self) -> Result<(), SqlError> {
        let session = self.flusher.session();
        if let Some(failure) = zero_that_would_be_numbered(session, &self.work).await? {
            return Err(SqlError::unreadable(failure.to_string()));
        }
        carry_auto_increment(session, &self.work).await
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
    /// Opens it, for one swap session.
    pub async fn open(sessions: &Sessions, work: Arc<Work>, door_opened: Instant) -> Result<Self, Failure> {
        let session = sessions.open("beside the swap").await?;
        Ok(Self { session, sessions: sessions.clone(), door_opened, work })
    }

    /// The session itself, for what is done before and after an attempt.
    pub fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    /// Closes it.
    pub async fn close(self) {
        self.session.close().await;
    }

    /// Everything that this session does may be done again.
    async fn revive(&mut self, error: SqlError) -> Result<(), SqlError> {
        if !error.lost {
            return Err(error);
        }
        match self.sessions.open("beside the swap").await {
            Ok(session) => {
                std::mem::replace(&mut self.session, session).close().await;
                Ok(())
            }
            Err(_) => Err(error),
        }
    }
}

impl Beside for Aside {
    async fn interrupt(&mut self, session: u32) -> Result<(), SqlError> {
        if let Err(error) = kill::interrupt(&mut self.session, session).await {
            self.revive(error).await?;
            return kill::interrupt(&mut self.session, session).await;
        }
        Ok(())
    }

    async fn end(&mut self, session: u32) -> Result<(), SqlError> {
        if let Err(error) = kill::end(&mut self.session, session, self.door_opened).await {
            self.revive(error).await?;
            return kill::end(&mut self.session, session, self.door_opened).await;
        }
        Ok(())
    }

    async fn names(&mut self) -> Result<Names, SqlError> {
        match names(&mut self.session, &self.work).await {
            Err(error) => {
                self.revive(error).await?;
                names(&mut self.session, &self.work).await
            }
            names => names,
        }
    }
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
    let row = session.one(&format!("SELECT 1 FROM information_schema.TABLES WHERE {}", is(table))).await?;
    Ok(row.is_some())
}

fn is(table: &TableName) -> String {
    format!("TABLE_SCHEMA = {} AND TABLE_NAME = {}", text(&table.schema), text(&table.table))
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
            let sql = format!("ALTER TABLE {} AUTO_INCREMENT = {next} {}", work.tables.ghost, work.tag());
            session.exec(&sql).await.map(|_| ())
        }
        _ => Ok(()),
    }
}

async fn auto_increment(session: &mut Session, table: &TableName) -> Result<Option<u64>, SqlError> {
    let sql = format!("SELECT AUTO_INCREMENT FROM information_schema.TABLES WHERE {}", is(table));
    Ok(session.one(&sql).await?.and_then(|row| row.u64(0)))
}

/// A native ALTER that makes a column AUTO_INCREMENT gives the rows with 0 there new numbers; the copy keeps the 0. The
/// column leads an index of the ghost, so this is one look.
pub(crate) async fn zero_that_would_be_numbered(session: &mut Session, work: &Work) -> Result<Option<Failure>, SqlError> {
    let Some(column) = &work.no_zero_in else { return Ok(None) };
    let sql = format!("SELECT 1 FROM {} WHERE {} = 0 LIMIT 1", work.tables.ghost, quote_ident(column));
    Ok(session.one(&sql).await?.map(|_| {
        Failure::failed(format!("A row of {} holds 0 in `{column}`, which becomes AUTO_INCREMENT.", work.tables.source))
            .detail("a native ALTER would give the row a new number")
            .hint("Give the row another number, then start again.")
    }))
}
