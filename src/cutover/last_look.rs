//! The last look under the lock: `Drained` becomes `Verified`, or the attempt is over.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    Attempt, Door, Drained, Ended, Goal, Locked, Pending, Undrained, Verified, lost, not_yet, within,
};
use crate::verify::Proof;

/// From the lock to RENAME.
pub(super) async fn through<D: Door>(
    locked: Locked<'_, D>,
    pending: &mut impl Pending,
    verify: Duration,
    goal: Goal,
) -> Ended {
    let drained = match locked.drain(pending).await {
        Ok(drained) => drained,
        Err(ended) => return ended,
    };
    match drained.verify(pending, verify).await {
        Ok(verified) if goal == Goal::Rehearse => verified.rehearse().await,
        Ok(verified) => match verified.arm().await {
            Ok(armed) => armed.rename().await,
            Err(ended) => ended,
        },
        Err(ended) => ended,
    }
}

impl<'a, D: Door> Drained<'a, D> {
    async fn verify(self, pending: &mut impl Pending, budget: Duration) -> Result<Verified<'a, D>, Ended> {
        let Self(locked) = self;
        let deadline = locked.deadline.min(Instant::now() + budget);
        let attempt = match compare(locked.door, pending, deadline).await {
            Ok(proof) => return Ok(Verified { locked, proof }),
            Err(Undrained::Late) => not_yet(format!(
                "the last changes were not compared within {} ms",
                budget.as_millis()
            )),
            Err(Undrained::Sql(error)) if error.lost => lost(&error),
            Err(Undrained::Sql(error)) => not_yet(format!("the last changes could not be compared: {error}")),
            Err(Undrained::Stop(failure)) => Attempt::Stop(failure),
        };
        Err(locked.give_back(attempt).await)
    }
}

/// Nothing changes under the lock, and everything is flushed: what differs now will always differ.
async fn compare(
    door: &mut impl Door,
    pending: &mut impl Pending,
    deadline: Instant,
) -> Result<Proof, Undrained> {
    if !pending.verifies() {
        return Ok(Proof::NotVerified);
    }
    while let Some(keys) = pending.next_due() {
        let looked = within(deadline, door.look(&keys)).await?;
        let differences = looked.map_err(Undrained::Sql)?;
        if !differences.is_empty() {
            return Err(Undrained::Stop(pending.differ(&differences)));
        }
        pending.looked(&keys);
    }
    let gtids = within(deadline, door.gtids()).await?.map_err(Undrained::Sql)?;
    let at = gtids.map_or_else(
        || format!("binlog position {}", pending.position()),
        |gtids| format!("GTID set {gtids}"),
    );
    Ok(Proof::Compared { at })
}
