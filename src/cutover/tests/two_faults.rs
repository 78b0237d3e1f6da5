//! Every two things that go wrong in one attempt, with the table free and in use: what we are told is true, and where
//! it is not yet, the next attempt succeeds.

use super::FOR_EVER_MS;
use super::fakes::Done::{All, AtTheEnd, Nothing};
use super::fakes::Fault::{self, Cut, Killed, Refused, Silent};
use super::fakes::Step;
use super::story::{LOCK_MS, Story};
use crate::cutover::{Attempt, Goal};

const STEPS: [Step; 12] = [
    Step::Lock,
    Step::Fence,
    Step::Flush,
    Step::Settle,
    Step::Arm,
    Step::Rename,
    Step::Name,
    Step::Unlock,
    Step::Interrupt,
    Step::End,
    Step::Names,
    Step::Finish,
];

#[tokio::test(start_paused = true)]
async fn of_a_swap() {
    any(Goal::Swap).await;
}

#[tokio::test(start_paused = true)]
async fn of_a_rehearsal() {
    any(Goal::Rehearse).await;
}

async fn any(goal: Goal) {
    let faults = [
        Killed(Nothing),
        Killed(All),
        Cut(Nothing),
        Cut(All),
        Cut(AtTheEnd),
        Silent(All),
        Silent(AtTheEnd),
        Refused(1205),
    ];
    let single = || {
        STEPS
            .iter()
            .flat_map(|step| faults.iter().map(move |fault| (*step, fault)))
    };
    let mut told = [0_u32; 4];
    for in_use in [0, LOCK_MS / 2, FOR_EVER_MS] {
        for (number, (step, fault)) in single().enumerate() {
            for (other, more) in single().skip(number) {
                told[two_faults(goal, in_use, (step, fault), (other, more)).await] += 1;
            }
        }
    }
    println!("done, not yet, stop, unknown: {told:?}");
    assert!(
        told.iter().all(|times| *times > 10),
        "the scripts are one-sided: {told:?}"
    );
}

async fn two_faults(goal: Goal, in_use: u64, one: (Step, &Fault), other: (Step, &Fault)) -> usize {
    let mut story = Story::new(goal);
    story.table_in_use(in_use);
    story.at(one.0, one.1.clone()).at(other.0, other.1.clone());
    println!("{in_use} {one:?} {other:?}");
    match story.attempt().await.0 {
        Attempt::Swapped(_) | Attempt::Rehearsed(_) => 0,
        Attempt::NotYet(_) => {
            story.succeeds_next_time().await;
            1
        }
        Attempt::Stop(_) => 2,
        Attempt::Unknown(_) => 3,
    }
}
