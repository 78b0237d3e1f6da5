//! The swap: the ghost takes the source's name in one atomic RENAME, and no write is lost on the way.
//!
//! One attempt is a chain of states, [`Locked`] → [`Drained`] → [`Swapped`]; a step cannot be skipped or repeated,
//! because the next one is a method of what the step before returned.
//!
//! 1. **Lock.** `LOCK TABLES source WRITE, ghost WRITE` on the swap's own session. Statements that began before have
//!    ended when it is granted; later ones wait. It waits briefly itself, because they queue behind it.
//! 2. **Drain.** A mark is written by another session; when it has come back in the stream and returned, every change
//!    of the source has been delivered and is visible. What is dirty is flushed by the swap's own session.
//! 3. **Rename** under the lock: `source` → `old`, `ghost` → `source`, both or none. Then the lock is released, and
//!    the statements that waited go on with the new table.
//!
//! Everything from the lock on has one budget of wall-clock time. A statement that does not answer within it is ended
//! by a second session, which kills the first one: a lock of ours never outlives an attempt. If the answer to RENAME
//! is lost, the session is first known to be gone, then the server is asked which tables there are; what cannot be
//! told from that is [`Attempt::Unknown`], which nobody retries.
//!
//! When to try, and who holds the table, is `migrate`'s to decide; SQL is behind [`Door`] and [`Beside`].

mod sql;
#[cfg(test)]
mod tests;

use std::time::Duration;

use tokio::time::{Instant, timeout, timeout_at};

use crate::{
    changes::{Batch, BatchId, Flushed},
    error::{Exit, Failure},
    mysql::SqlError,
};
pub(crate) use sql::zero_that_would_be_numbered;
pub use sql::{Aside, LockSession};

/// How long a session that was told to stop may take to answer before it is killed.
const ANSWER_MS_MAX: u64 = 1_000;

/// The swap's own session.
pub trait Door {
    /// The connection's id on the server.
    fn id(&self) -> u32;
    /// Takes the write locks on source and ghost.
    async fn lock(&mut self) -> Result<(), SqlError>;
    /// Flushes changed keys under the lock.
    async fn flush(&mut self, batch: &Batch) -> Result<Flushed, SqlError>;
    /// Brings over what is not in rows: the AUTO_INCREMENT counter.
    async fn settle(&mut self) -> Result<(), SqlError>;
    /// Renames both tables, in one statement.
    async fn rename(&mut self) -> Result<(), SqlError>;
    /// Releases the locks.
    async fn unlock(&mut self) -> Result<(), SqlError>;
}

/// What is done from a second session meanwhile.
pub trait Beside {
    /// Ends the statement that a session is running (KILL QUERY).
    async fn interrupt(&mut self, session: u32) -> Result<(), SqlError>;
    /// Ends a session (KILL) and waits until it is gone with all its locks.
    async fn end(&mut self, session: u32) -> Result<(), SqlError>;
    /// Which of the three tables exist.
    async fn names(&mut self) -> Result<Names, SqlError>;
}

/// The changed keys, and the stream that delivers them.
pub trait Pending {
    /// Writes a mark and reads the stream until everything before the mark has been delivered and is visible.
    async fn fence(&mut self) -> Result<(), Failure>;
    /// The next keys to flush.
    fn next_batch(&mut self) -> Option<Batch>;
    /// They are flushed.
    fn flushed(&mut self, batch: BatchId, flushed: Flushed);
    /// They are not, or nobody knows.
    fn failed(&mut self, batch: BatchId);
    /// Nothing is left; a failure names what can never be flushed (rows that collide under a new unique key).
    fn is_drained(&mut self) -> Result<bool, Failure>;
}

/// Which of the three tables exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Names {
    /// The name that the application uses.
    pub source: bool,
    /// `_table_gho`
    pub ghost: bool,
    /// `_table_del`
    pub old: bool,
}

/// Limits of one attempt.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// How long LOCK TABLES may wait, and everybody else behind it.
    pub lock: Duration,
    /// From the lock granted to the lock released.
    pub window: Duration,
}

/// Proof that the ghost bears the source's name.
#[derive(Debug)]
pub struct Swapped {
    /// How long the lock was held.
    pub held: Duration,
}

/// How an attempt ended. In all cases our lock is released.
#[derive(Debug)]
pub enum Attempt {
    /// The ghost is the table now.
    Swapped(Swapped),
    /// Nothing has changed; another attempt may succeed.
    NotYet(String),
    /// Nothing has changed, and no attempt will succeed.
    Stop(Failure),
    /// It is not known who owns the name.
    Unknown(Failure),
}

/// One attempt, from the lock to its release.
pub async fn attempt(
    door: &mut impl Door,
    beside: &mut impl Beside,
    pending: &mut impl Pending,
    budget: Budget,
) -> Attempt {
    let session = door.id();
    let locked = match lock(door, beside, budget).await {
        Ok(locked) => locked,
        Err(ended) => return release(beside, session, ended).await,
    };
    let drained = match locked.drain(pending).await {
        Ok(drained) => drained,
        Err(ended) => return release(beside, session, ended).await,
    };
    match drained.rename().await {
        Ok(swapped) => Attempt::Swapped(swapped),
        Err(Ended::Asked(message)) => find_out(beside, session, message).await,
        Err(ended) => release(beside, session, ended).await,
    }
}

/// Why a step did not lead to the next one.
enum Ended {
    /// The lock is released, the session lives.
    Unlocked(Attempt),
    /// The session holds its lock, or nobody knows; RENAME was not sent.
    Held(Attempt),
    /// RENAME was sent and its outcome is not known.
    Asked(String),
}

/// The write locks are ours.
struct Locked<'a, D: Door> {
    door: &'a mut D,
    since: Instant,
    deadline: Instant,
}

/// Under the lock, the ghost is what the source is.
struct Drained<'a, D: Door>(Locked<'a, D>);

async fn lock<'a, D: Door>(
    door: &'a mut D,
    beside: &mut impl Beside,
    budget: Budget,
) -> Result<Locked<'a, D>, Ended> {
    let id = door.id();
    let answer = {
        let lock = door.lock();
        tokio::pin!(lock);
        match timeout(budget.lock, &mut lock).await {
            Ok(answer) => answer.map(|()| true),
            // The lock may be granted at this very moment: then the answer is Ok, and it must be given back.
            Err(_) => match interrupted(beside, id, lock).await {
                Some(answer) => answer.map(|()| false),
                None => return Err(Ended::Held(not_yet("LOCK TABLES did not answer after it was interrupted"))),
            },
        }
    };
    let since = Instant::now();
    match answer {
        Ok(true) => Ok(Locked { door, since, deadline: since + budget.window }),
        Ok(false) => Err(Locked { door, since, deadline: since + budget.window }
            .give_back(not_yet(waited(budget.lock)))
            .await),
        Err(error) if error.lost => Err(Ended::Held(not_yet(format!("the swap's session was lost: {error}")))),
        Err(error) if is_wait(&error) => Err(Ended::Unlocked(not_yet(waited(budget.lock)))),
        Err(error) => Err(Ended::Unlocked(Attempt::Stop(error.failure("The tables could not be locked for the swap.")))),
    }
}

/// Interrupts a statement and waits for what it says.
async fn interrupted<T>(beside: &mut impl Beside, session: u32, statement: impl Future<Output = T>) -> Option<T> {
    let limit = Duration::from_millis(ANSWER_MS_MAX);
    beside.interrupt(session).await.ok()?;
    timeout(limit, statement).await.ok()
}

/// Lock wait timeout, deadlock, or interrupted: somebody else holds the table.
fn is_wait(error: &SqlError) -> bool {
    matches!(error.code, Some(1205 | 1213 | 1317 | 3572))
}

fn waited(limit: Duration) -> String {
    format!("the table was in use for longer than {} ms", limit.as_millis())
}

fn not_yet(why: impl Into<String>) -> Attempt {
    Attempt::NotYet(why.into())
}

impl<'a, D: Door> Locked<'a, D> {
    /// Flushes everything that the application wrote before the lock.
    async fn drain(self, pending: &mut impl Pending) -> Result<Drained<'a, D>, Ended> {
        let deadline = self.deadline;
        match timeout_at(deadline, fence_and_flush(self.door, pending)).await {
            Ok(Ok(())) => Ok(Drained(self)),
            Ok(Err(Undrained::Sql(error))) if error.lost => {
                Err(Ended::Held(not_yet(format!("the swap's session was lost: {error}"))))
            }
            Ok(Err(Undrained::Sql(error))) => {
                Err(self.give_back(not_yet(format!("the last changes could not be applied: {error}"))).await)
            }
            Ok(Err(Undrained::Stop(failure))) => Err(self.give_back(Attempt::Stop(failure)).await),
            Err(_) => Err(Ended::Held(not_yet(format!(
                "the last changes were not applied within {} ms",
                (deadline - self.since).as_millis()
            )))),
        }
    }

    async fn give_back(self, then: Attempt) -> Ended {
        match timeout(Duration::from_millis(ANSWER_MS_MAX), self.door.unlock()).await {
            Ok(Ok(())) => Ended::Unlocked(then),
            _ => Ended::Held(then),
        }
    }
}

enum Undrained {
    Sql(SqlError),
    Stop(Failure),
}

async fn fence_and_flush(door: &mut impl Door, pending: &mut impl Pending) -> Result<(), Undrained> {
    loop {
        pending.fence().await.map_err(Undrained::Stop)?;
        while let Some(batch) = pending.next_batch() {
            match door.flush(&batch).await {
                Ok(flushed) => pending.flushed(batch.id, flushed),
                Err(error) => {
                    pending.failed(batch.id);
                    return Err(Undrained::Sql(error));
                }
            }
        }
        // A flush that displaced other rows has made them dirty again: they want a mark of their own.
        if pending.is_drained().map_err(Undrained::Stop)? {
            return door.settle().await.map_err(Undrained::Sql);
        }
    }
}

impl<D: Door> Drained<'_, D> {
    async fn rename(self) -> Result<Swapped, Ended> {
        let Locked { door, since, deadline } = self.0;
        match timeout_at(deadline, door.rename()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) if error.lost => return Err(Ended::Asked(error.to_string())),
            Ok(Err(error)) => {
                let locked = Locked { door, since, deadline };
                return Err(locked.give_back(not_yet(format!("RENAME failed: {error}"))).await);
            }
            Err(_) => return Err(Ended::Asked("RENAME did not answer in time".to_owned())),
        }
        let held = since.elapsed();
        // If this does not answer, the session goes with the run, and its locks with it.
        if timeout(Duration::from_millis(ANSWER_MS_MAX), door.unlock()).await.is_err() {
            tracing::warn!("UNLOCK TABLES after the swap did not answer");
        }
        Ok(Swapped { held })
    }
}

/// No lock of ours outlives an attempt.
async fn release(beside: &mut impl Beside, session: u32, ended: Ended) -> Attempt {
    match ended {
        Ended::Unlocked(attempt) => attempt,
        Ended::Asked(message) => find_out(beside, session, message).await,
        Ended::Held(attempt) => match beside.end(session).await {
            Ok(()) => attempt,
            Err(error) => Attempt::Stop(still_locked(session, &error)),
        },
    }
}

fn still_locked(session: u32, error: &SqlError) -> Failure {
    Failure::new(Exit::Unknown, "The swap was given up, and its session could not be ended.")
        .detail(format!("session {session} may still hold the write locks: {error}"))
        .hint(format!("Look at the process list; if {session} is still there: KILL {session};"))
}

/// RENAME is one atomic statement, so the names tell; but only once the session cannot run it any more.
async fn find_out(beside: &mut impl Beside, session: u32, message: String) -> Attempt {
    let names = match beside.end(session).await {
        Ok(()) => beside.names().await,
        Err(error) => Err(error),
    };
    match names {
        Ok(Names { source: true, ghost: false, old: true }) => Attempt::Swapped(Swapped { held: Duration::ZERO }),
        Ok(Names { source: true, ghost: true, old: false }) => not_yet(format!("RENAME was lost and not done: {message}")),
        Ok(names) => Attempt::Unknown(unknown(&message, &format!("{names:?}"))),
        Err(error) => Attempt::Unknown(unknown(&message, &error.to_string())),
    }
}

fn unknown(message: &str, found: &str) -> Failure {
    Failure::new(Exit::Unknown, "The answer to the swap's RENAME was lost, and what it did could not be found out.")
        .detail(format!("RENAME: {message}"))
        .detail(format!("afterwards: {found}"))
        .hint("Look at the tables before anything else: either the ghost or the old table is there, never both, and the other one bears the table's name.")
}
