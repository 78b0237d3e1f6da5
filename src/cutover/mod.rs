//! The swap: the ghost takes the source's name in one atomic RENAME, and no write is lost on the way.
//!
//! One attempt is a chain of states, [`Locked`] → [`Drained`] → [`Verified`] → [`Armed`] → [`Swapped`]; a step cannot be skipped or repeated,
//! because the next one is a method of what the step before returned.
//!
//! 1. **Lock.** `LOCK TABLES source WRITE, ghost WRITE` on the swap's own session. Statements that began before have
//!    ended when it is granted; later ones wait. It waits briefly itself, because they queue behind it.
//! 2. **Drain.** A mark is written by another session; when it has come back in the stream and returned, every change
//!    of the source has been delivered and is visible. What is dirty is flushed by the swap's own session.
//! 3. **Verify.** What was flushed since it was last compared is compared now, within a budget of its own: nothing can
//!    change it any more, so a row that differs ends the run. With `--verify=off` the proof says that there is none.
//! 4. **Arm.** Triggers that are carried over are made on the ghost, which nobody writes into any more.
//! 5. **Rename** under the lock: `source` → `old`, `ghost` → `source`, both or none. Triggers go along and get their own
//!    names. Then the lock is released, and the statements that waited go on with the new table.
//!
//! Everything from the lock on has one budget of wall-clock time. Whatever happens, the lock is given back by the
//! session that holds it, and where that does not answer, it is ended from a second one: a lock of ours never outlives
//! an attempt. If the answer to RENAME is lost, the session is first known to be gone, then the server is asked which
//! tables there are; what cannot be told from that is [`Attempt::Unknown`], which nobody retries.
//!
//! On a replica the last step may be a rehearsal instead: swapped and swapped back ([`Rehearsed`]).
//!
//! When to try, and who holds the table, is `migrate`'s to decide; SQL is behind [`Door`] and [`Beside`].

mod afterwards;
mod last_look;
mod rehearse;
mod sql;
#[cfg(test)]
mod tests;

use std::time::Duration;

use tokio::time::{Instant, error::Elapsed, timeout, timeout_at};

use crate::{
    changes::{Batch, BatchId, Flushed},
    error::Failure,
    key::Key,
    mysql::{Class, SqlError},
    verify::{Difference, Proof},
};
use afterwards::released;
pub use rehearse::Rehearsed;
pub(crate) use sql::zero_that_would_be_numbered;
pub use sql::{Aside, LockSession};

/// How long a session that was told to stop, or to let go, may take to answer before it is ended.
const ANSWER_MS_MAX: u64 = 1_000;
/// How long naming the new table's triggers may take: three short DDL statements each. Cut off, they would be named from
/// another session, which takes longer.
const NAME_MS_MAX: u64 = 5_000;

/// The swap's own session.
#[expect(
    async_fn_in_trait,
    reason = "one task drives the swap, so its futures need not be Send"
)]
pub trait Door {
    /// The connection's id on the server.
    fn id(&self) -> u32;
    /// Takes the write locks on source and ghost.
    async fn lock(&mut self) -> Result<(), SqlError>;
    /// Flushes changed keys under the lock.
    async fn flush(&mut self, batch: &Batch) -> Result<Flushed, SqlError>;
    /// Keys outside the last batch that its flush may have touched, if its outcome is not known.
    fn touched(&mut self) -> Vec<Key> {
        Vec::new()
    }
    /// Compares rows by key under the lock.
    async fn look(&mut self, keys: &[Key]) -> Result<Vec<Difference>, SqlError>;
    /// The GTIDs that the server has executed; `None` where it has none.
    async fn gtids(&mut self) -> Result<Option<String>, SqlError>;
    /// Brings over what is not in rows: the AUTO_INCREMENT counter.
    async fn settle(&mut self) -> Result<(), SqlError>;
    /// Gives the ghost the source's triggers, under names of ours.
    async fn arm(&mut self) -> Result<(), SqlError>;
    /// Gives the new table's triggers their own names.
    async fn name_triggers(&mut self) -> Result<(), SqlError>;
    /// Renames both tables, in one statement.
    async fn rename(&mut self) -> Result<(), SqlError>;
    /// Renames both tables and renames them back, in one statement.
    async fn rename_and_back(&mut self) -> Result<(), SqlError>;
    /// Releases the locks.
    async fn unlock(&mut self) -> Result<(), SqlError>;
}

/// What is done from a second session meanwhile.
#[expect(
    async_fn_in_trait,
    reason = "one task drives the swap, so its futures need not be Send"
)]
pub trait Beside {
    /// Ends the statement that a session is running (KILL QUERY).
    async fn interrupt(&mut self, session: u32) -> Result<(), SqlError>;
    /// Ends a session (KILL) and waits until it is gone with all its locks.
    async fn end(&mut self, session: u32) -> Result<(), SqlError>;
    /// Gives the new table's triggers their own names, where the swap's session was lost before it had done so.
    async fn finish_triggers(&mut self) -> Result<(), SqlError>;
    /// Which of the three tables exist.
    async fn names(&mut self) -> Result<Names, SqlError>;
}

/// The changed keys, and the stream that delivers them.
#[expect(
    async_fn_in_trait,
    reason = "one task drives the swap, so its futures need not be Send"
)]
pub trait Pending {
    /// Writes a mark and reads the stream until everything before the mark has been delivered and is visible.
    async fn fence(&mut self) -> Result<(), Failure>;
    /// The next keys to flush.
    fn next_batch(&mut self) -> Option<Batch>;
    /// They are flushed.
    fn flushed(&mut self, batch: BatchId, flushed: Flushed);
    /// They are not, or nobody knows; then these keys may have been touched as well.
    fn failed(&mut self, batch: BatchId, touched: Vec<Key>);
    /// Nothing is left; a failure names what can never be flushed (rows that collide under a new unique key).
    fn is_drained(&mut self) -> Result<bool, Failure>;
    /// Rows are compared at all.
    fn verifies(&mut self) -> bool;
    /// The next keys to compare: flushed, and not compared since.
    fn next_due(&mut self) -> Option<Vec<Key>>;
    /// They are equal.
    fn looked(&mut self, keys: &[Key]);
    /// They are not: the run's end.
    fn differ(&mut self, differences: &[Difference]) -> Failure;
    /// Where the binlog reader is.
    fn position(&mut self) -> String;
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

/// What an attempt is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// The ghost takes the source's name.
    Swap,
    /// It takes it and gives it back.
    Rehearse,
}

/// Limits of one attempt.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// How long LOCK TABLES may wait, and everybody else behind it.
    pub lock: Duration,
    /// From the lock granted to RENAME's answer.
    pub window: Duration,
    /// For comparing, within the window.
    pub verify: Duration,
}

/// Proof that the ghost bears the source's name.
#[derive(Debug)]
pub struct Swapped {
    /// How long the lock was held.
    pub held: Duration,
    /// What is known of the rows.
    pub proof: Proof,
}

/// How an attempt ended. Our lock is released, or the failure names the session that could not be ended.
#[derive(Debug)]
pub enum Attempt {
    /// The ghost is the table now.
    Swapped(Swapped),
    /// It was for a moment, and the names are as they were.
    Rehearsed(Rehearsed),
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
    goal: Goal,
) -> Attempt {
    let session = door.id();
    let ended = match lock(door, beside, budget).await {
        Ok(locked) => last_look::through(locked, pending, budget.verify, goal).await,
        Err(ended) => ended,
    };
    released(beside, session, ended, goal).await
}

/// How the chain came to its end.
enum Ended {
    /// The session has no lock any more, and lives.
    Unlocked(Attempt),
    /// The session holds its lock, or nobody knows.
    Held(Attempt),
    /// RENAME was sent under a lock that is held since then, and its outcome is not known.
    Asked {
        why: String,
        since: Instant,
        proof: Proof,
    },
    /// RENAME is done; not all triggers of the new table are known to have their names.
    Unnamed { why: String, swapped: Swapped },
}

/// The write locks are ours.
struct Locked<'a, D: Door> {
    door: &'a mut D,
    since: Instant,
    deadline: Instant,
}

/// Under the lock, every change has been applied to the ghost.
struct Drained<'a, D: Door>(Locked<'a, D>);

/// Under the lock, the ghost is what the source is, as far as the proof says.
struct Verified<'a, D: Door> {
    locked: Locked<'a, D>,
    proof: Proof,
}

/// And its triggers are there as well, so that nobody may write into it any more under its own name.
struct Armed<'a, D: Door> {
    locked: Locked<'a, D>,
    proof: Proof,
}

async fn lock<'a, D: Door>(
    door: &'a mut D,
    beside: &mut impl Beside,
    budget: Budget,
) -> Result<Locked<'a, D>, Ended> {
    let session = door.id();
    let (answer, in_time) = {
        let lock = door.lock();
        tokio::pin!(lock);
        match timeout(budget.lock, &mut lock).await {
            Ok(answer) => (answer, true),
            Err(_) => match interrupted(beside, session, lock).await {
                Some(answer) => (answer, false),
                None => {
                    return Err(Ended::Held(not_yet(
                        "LOCK TABLES did not answer when it was interrupted",
                    )));
                }
            },
        }
    };
    let since = Instant::now();
    let locked = Locked {
        door,
        since,
        deadline: since + budget.window,
    };
    match answer {
        Ok(()) if in_time => Ok(locked),
        // Granted at the very moment when it was interrupted: the interruption may still hit what comes next.
        Ok(()) => Err(locked.give_back(not_yet(waited(budget.lock))).await),
        Err(error) if error.lost => Err(Ended::Held(lost(&error))),
        // Lock wait timeout, deadlock, or interrupted: somebody else holds the table.
        Err(error) if error.class() == Class::Transient => Err(Ended::Unlocked(not_yet(waited(budget.lock)))),
        Err(error) => Err(Ended::Unlocked(Attempt::Stop(
            error.failure("The tables could not be locked for the swap."),
        ))),
    }
}

/// Interrupts a statement and waits for what it says.
async fn interrupted<T>(
    beside: &mut impl Beside,
    session: u32,
    statement: impl Future<Output = T>,
) -> Option<T> {
    let limit = Duration::from_millis(ANSWER_MS_MAX);
    timeout(limit, beside.interrupt(session)).await.ok()?.ok()?;
    timeout(limit, statement).await.ok()
}

fn waited(limit: Duration) -> String {
    format!("the table was in use for longer than {} ms", limit.as_millis())
}

fn lost(error: &SqlError) -> Attempt {
    not_yet(format!("the swap's session was lost: {error}"))
}

fn not_yet(why: impl Into<String>) -> Attempt {
    Attempt::NotYet(why.into())
}

impl<'a, D: Door> Locked<'a, D> {
    /// Flushes everything that the application wrote before the lock.
    async fn drain(self, pending: &mut impl Pending) -> Result<Drained<'a, D>, Ended> {
        match fence_and_flush(self.door, pending, self.deadline).await {
            Ok(()) => Ok(Drained(self)),
            Err(why) => Err(self.failed(why, "the last changes", "applied").await),
        }
    }

    /// A step before RENAME failed.
    async fn failed(self, why: Undrained, what: &str, done: &str) -> Ended {
        let attempt = match why {
            Undrained::Late => {
                let window = self.deadline - self.since;
                not_yet(format!("{what} were not {done} within {} ms", window.as_millis()))
            }
            Undrained::Sql(error) if error.lost => lost(&error),
            Undrained::Sql(error) => not_yet(format!("{what} could not be {done}: {error}")),
            Undrained::Stop(failure) => Attempt::Stop(failure),
        };
        self.give_back(attempt).await
    }

    /// A session that was lost, or that owes the answer to another statement, fails here at once.
    async fn give_back(self, then: Attempt) -> Ended {
        match timeout(Duration::from_millis(ANSWER_MS_MAX), self.door.unlock()).await {
            Ok(Ok(())) => Ended::Unlocked(then),
            _ => Ended::Held(then),
        }
    }
}

enum Undrained {
    Late,
    Sql(SqlError),
    Stop(Failure),
}

async fn fence_and_flush(
    door: &mut impl Door,
    pending: &mut impl Pending,
    deadline: Instant,
) -> Result<(), Undrained> {
    loop {
        within(deadline, pending.fence())
            .await?
            .map_err(Undrained::Stop)?;
        while let Some(batch) = pending.next_batch() {
            flush(door, pending, deadline, &batch).await?;
        }
        // A flush that displaced other rows has made them dirty again: they want a mark of their own.
        if pending.is_drained().map_err(Undrained::Stop)? {
            return within(deadline, door.settle()).await?.map_err(Undrained::Sql);
        }
    }
}

/// A batch that was cut off counts as failed: what is under way for ever would keep every later attempt from being
/// drained. Its session is ended before anybody flushes those keys again.
async fn flush(
    door: &mut impl Door,
    pending: &mut impl Pending,
    deadline: Instant,
    batch: &Batch,
) -> Result<(), Undrained> {
    let answer = within(deadline, door.flush(batch)).await;
    match answer.and_then(|answer| answer.map_err(Undrained::Sql)) {
        Ok(flushed) => {
            pending.flushed(batch.id, flushed);
            Ok(())
        }
        Err(why) => {
            pending.failed(batch.id, door.touched());
            Err(why)
        }
    }
}

async fn within<T>(deadline: Instant, step: impl Future<Output = T>) -> Result<T, Undrained> {
    timeout_at(deadline, step).await.map_err(|_| Undrained::Late)
}

impl<'a, D: Door> Verified<'a, D> {
    /// From here on the ghost's rows are final, so its triggers see nothing of ours.
    async fn arm(self) -> Result<Armed<'a, D>, Ended> {
        let Self { locked, proof } = self;
        let answer = within(locked.deadline, locked.door.arm()).await;
        match answer.and_then(|answer| answer.map_err(Undrained::Sql)) {
            Ok(()) => Ok(Armed { locked, proof }),
            Err(why) => Err(locked.failed(why, "the triggers", "made").await),
        }
    }
}

impl<D: Door> Armed<'_, D> {
    async fn rename(self) -> Ended {
        let Self { locked, proof } = self;
        let answer = timeout_at(locked.deadline, locked.door.rename()).await;
        match answer {
            Ok(Ok(())) => locked.name_triggers(proof).await,
            answer => locked.answered(answer, proof, swapped).await,
        }
    }
}

fn swapped(since: Instant, proof: Proof) -> Attempt {
    Attempt::Swapped(Swapped {
        held: since.elapsed(),
        proof,
    })
}

impl<D: Door> Locked<'_, D> {
    /// The new table is there, and its triggers fire; what is left is what they are called.
    async fn name_triggers(self, proof: Proof) -> Ended {
        let since = self.since;
        let limit = Duration::from_millis(NAME_MS_MAX);
        let why = match timeout(limit, self.door.name_triggers()).await {
            Ok(Ok(())) => return self.give_back(swapped(since, proof)).await,
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {limit:?}"),
        };
        Ended::Unnamed {
            why,
            swapped: Swapped {
                held: since.elapsed(),
                proof,
            },
        }
    }

    /// What the answer to RENAME means.
    async fn answered(
        self,
        answer: Result<Result<(), SqlError>, Elapsed>,
        proof: Proof,
        reached: impl FnOnce(Instant, Proof) -> Attempt,
    ) -> Ended {
        let since = self.since;
        match answer {
            Ok(Ok(())) => self.give_back(reached(since, proof)).await,
            Ok(Err(error)) if error.lost => Ended::Asked {
                why: error.to_string(),
                since,
                proof,
            },
            Ok(Err(error)) => self.give_back(refused(&error)).await,
            Err(_) => Ended::Asked {
                why: "RENAME did not answer in time".to_owned(),
                since,
                proof,
            },
        }
    }
}

/// The server refused RENAME, and has done nothing of it.
fn refused(error: &SqlError) -> Attempt {
    match error.class() {
        Class::Transient => not_yet(format!("RENAME was refused: {error}")),
        // Each attempt locks the table, so there is no trying until somebody has taken a table of that name away.
        _ => Attempt::Stop(error.failure("The tables could not be renamed.")),
    }
}
