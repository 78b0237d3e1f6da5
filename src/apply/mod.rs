//! Flushing changed keys: the ghost rows become what the source rows are now, in one transaction a batch.
//!
//! Rules:
//!
//! * Values never come out of the binlog: the rows are read as they are now, server-side. That the read is late enough
//!   is `changes`' rule F1.
//! * Where the iteration key is the ghost's only unique key, keys that may be gone are deleted and the rest REPLACEd.
//! * Otherwise all keys are deleted and plainly inserted; a value that another ghost row still holds is an error then,
//!   and [`closure`] finds out whose it is. **Nothing is displaced without being read again.**
//! * A batch that failed leaves nothing behind; one whose outcome is unknown may be flushed again.

mod closure;
mod helper;
mod sql;

use std::collections::BTreeSet;

use crate::{
    changes::{Batch, Flushed},
    error::Failure,
    key::Key,
    mysql::{Class, Session, Sessions, SqlError},
    plan::work::{Upsert, Work},
    retry::Retry,
};
use helper::Helper;

const BEGIN_BY_ITSELF: &str = "SET autocommit = OFF";

/// A session that flushes, and whether it has its helper table yet.
pub struct Flusher {
    session: Session,
    helper: Helper,
    /// The last flush met rows of others: the next one does not try without looking first.
    crowded: bool,
    /// Keys outside the batch whose ghost rows an attempt with unknown outcome may have deleted.
    touched: BTreeSet<Key>,
}

impl Flusher {
    /// Takes over a session. Its transactions begin by themselves: under the swap's locks, START TRANSACTION would
    /// release them.
    pub async fn new(mut session: Session) -> Result<Self, SqlError> {
        session.set_up(BEGIN_BY_ITSELF).await?;
        Ok(Self {
            session,
            helper: Helper::default(),
            crowded: false,
            touched: BTreeSet::new(),
        })
    }

    /// A session of its own.
    pub async fn open(sessions: &Sessions) -> Result<Self, Failure> {
        let session = sessions.open("flush").await?;
        Self::new(session)
            .await
            .map_err(|error| error.failure("A session for changed rows could not be set up."))
    }

    /// The connection's id on the server.
    pub fn id(&self) -> u32 {
        self.session.id()
    }

    /// The session itself.
    pub fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    /// Gives the session back.
    pub fn into_session(self) -> Session {
        self.session
    }

    /// Makes what a flush may need beside the batch, ahead of time.
    pub async fn prepare(&mut self, work: &Work) -> Result<(), SqlError> {
        if work.upsert == Upsert::DeleteInsert {
            self.helper.make(&mut self.session, work).await?;
        }
        self.session.exec("COMMIT").await.map(|_| ())
    }

    /// Flushes a batch, however often it takes.
    pub async fn flush(
        &mut self,
        sessions: &Sessions,
        work: &Work,
        batch: &Batch,
    ) -> Result<Flushed, Failure> {
        let mut retry = Retry::default();
        loop {
            let error = match self.once(work, batch).await {
                Ok(flushed) => return Ok(self.with_touched(flushed)),
                Err(error) => error,
            };
            match error.class() {
                Class::Transient | Class::Duplicate if retry.again().await => {
                    tracing::debug!(%error, "flush again")
                }
                Class::Lost if retry.again().await => {
                    tracing::warn!(%error, "the session of a flush was lost; its keys are flushed again");
                    self.replace(sessions).await?;
                }
                _ => return Err(failed(work, batch, &error)),
            }
        }
    }

    /// Keys outside the batch that attempts whose outcome is not known may have touched.
    pub fn take_touched(&mut self) -> Vec<Key> {
        std::mem::take(&mut self.touched).into_iter().collect()
    }

    /// A lost attempt may have committed; what it read along is then in the ghost as it was at that time, and what it
    /// parked is not there at all.
    fn with_touched(&mut self, mut flushed: Flushed) -> Flushed {
        flushed.displaced.extend(self.take_touched());
        flushed
    }

    async fn replace(&mut self, sessions: &Sessions) -> Result<(), Failure> {
        self.session.replace(sessions).await?;
        self.helper = Helper::default();
        // What else may be wrong, the next statement says.
        let _ = self.session.set_up(BEGIN_BY_ITSELF).await;
        Ok(())
    }

    /// One attempt; an error leaves no transaction open.
    pub async fn once(&mut self, work: &Work, batch: &Batch) -> Result<Flushed, SqlError> {
        let result = if work.text_differs || self.crowded {
            self.among_others(work, batch).await
        } else {
            match self.by_itself(work, batch).await {
                Err(error) if error.class() == Class::Duplicate && work.upsert == Upsert::DeleteInsert => {
                    self.session.exec("ROLLBACK").await?;
                    self.among_others(work, batch).await
                }
                result => result,
            }
        };
        if result.as_ref().is_err_and(|error| !error.lost) {
            self.session.exec("ROLLBACK").await?;
        }
        result
    }

    async fn by_itself(&mut self, work: &Work, batch: &Batch) -> Result<Flushed, SqlError> {
        for statement in sql::flush(work, batch) {
            self.session.exec(&statement).await?;
        }
        self.session.exec("COMMIT").await?;
        Ok(Flushed::default())
    }

    async fn among_others(&mut self, work: &Work, batch: &Batch) -> Result<Flushed, SqlError> {
        let (session, helper) = (&mut self.session, &mut self.helper);
        let flushed = closure::flush(session, helper, &mut self.touched, work, batch).await?;
        self.crowded = !(flushed.displaced.is_empty() && flushed.parked.is_empty());
        Ok(flushed)
    }
}

fn failed(work: &Work, batch: &Batch, error: &SqlError) -> Failure {
    let first = batch
        .keys
        .first()
        .map(|(key, _)| work.key.display(key))
        .unwrap_or_default();
    let failure = Failure::failed(format!(
        "Changed rows of {} could not be applied.",
        work.tables.source
    ))
    .detail(error.to_string())
    .detail(format!(
        "in a batch of {} keys beginning with {first}",
        batch.keys.len()
    ));
    match error.class() {
        Class::Data => {
            failure.hint("A native ALTER would refuse this value too: change the row or the ALTER.")
        }
        Class::DiskFull => failure.hint("Make room on the server, then start again."),
        _ => failure,
    }
}
