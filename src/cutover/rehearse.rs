//! The rehearsal on a replica: everything that the swap does, and the names as they were at its end.
//!
//! Swapping and swapping back is *one* `RENAME TABLE` of four steps under the same lock. Nobody could see the names
//! between two statements, because of the lock; but a session that is lost between them would leave a replica whose
//! table bears the wrong name, and replication would write into it. One statement is done as a whole or not at all, and
//! in both cases the names are what they were. So a lost answer costs another attempt and no more; only names that
//! contradict that are [`Attempt::Unknown`].

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::{Attempt, Door, Ended, Names, Verified, afterwards::unknown, not_yet};
use crate::verify::Proof;

/// Proof that the ghost had the source's name, and gave it back.
#[derive(Debug)]
pub struct Rehearsed {
    /// How long the lock was held.
    pub held: Duration,
    /// What is known of the rows.
    pub proof: Proof,
}

impl<D: Door> Verified<'_, D> {
    /// Swaps and swaps back.
    pub(super) async fn rehearse(self) -> Ended {
        let Self { locked, proof } = self;
        let answer = timeout_at(locked.deadline, locked.door.rename_and_back()).await;
        let reached = |since: Instant, proof| {
            Attempt::Rehearsed(Rehearsed {
                held: since.elapsed(),
                proof,
            })
        };
        locked.answered(answer, proof, reached).await
    }
}

/// What became of a rehearsal whose answer was lost; its session is gone.
pub(super) fn told_by(names: Names, why: &str) -> Attempt {
    match names {
        Names {
            source: true,
            ghost: true,
            old: false,
        } => not_yet(format!(
            "the answer to RENAME was lost, and the names are as they were: {why}"
        )),
        names => Attempt::Unknown(unknown(why, &format!("{names:?}"))),
    }
}
