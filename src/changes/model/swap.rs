//! The swap: the source locked, a mark, the last flushes, and then the ghost takes its place or the run refuses.

use super::{World, flush, server::Event};
use crate::changes::Mark;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    #[default]
    Copying,
    /// The swap is near: no flush begins, and those under way are waited for.
    Settling,
    /// No writer gets in; the mark was begun after that.
    Locked {
        mark: Option<Mark>,
    },
    Swapped,
    /// Source rows collide under a unique key of the ghost.
    Refused,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::changes) enum Step {
    /// Now and then, parked keys are tried again.
    RetryParked,
    Settle,
    /// Parked keys are tried again, then `LOCK TABLES`: it waits for the commits under way on the source.
    Lock,
    Swap,
    Refuse,
    /// The lock is given up, and its session ended; the flush that it was committing took place or not.
    GiveUp(bool),
}

pub(super) fn steps(world: &World, out: &mut Vec<Step>) {
    let parked = !world.changes.parked().is_empty();
    if world.phase == Phase::Copying && parked && world.left.parked_retries > 0 {
        out.push(Step::RetryParked);
    }
    let copied = world.changes.rows_copied().is_some();
    match world.phase {
        Phase::Copying if copied && world.limits.parked_tried_before_settling => out.push(Step::Settle),
        Phase::Copying if copied && may_lock(world) => out.push(Step::Lock),
        Phase::Settling if may_lock(world) => out.push(Step::Lock),
        Phase::Locked { mark } => {
            if mark.is_some_and(|mark| world.changes.is_fenced(mark)) && is_drained(world) {
                out.push(if parked { Step::Refuse } else { Step::Swap });
            }
            if world.left.lost_swaps > 0 {
                out.push(Step::GiveUp(false));
                out.extend(
                    world
                        .flushes
                        .iter()
                        .any(flush::is_ready)
                        .then_some(Step::GiveUp(true)),
                );
            }
        }
        _ => {}
    }
}

fn may_lock(world: &World) -> bool {
    let invisible = world.server.invisible();
    world.flushes.is_empty() && !invisible.iter().any(|event| matches!(event, Event::Row { .. }))
}

fn is_drained(world: &World) -> bool {
    world.changes.is_drained() && world.flushes.is_empty()
}

pub(super) fn take(world: &mut World, step: Step) {
    match step {
        Step::RetryParked => {
            world.left.parked_retries -= 1;
            world.changes.retry_parked();
        }
        Step::Settle => {
            world.changes.retry_parked();
            world.phase = Phase::Settling;
        }
        Step::Lock => {
            if !world.limits.parked_tried_before_settling {
                world.changes.retry_parked();
            }
            world.phase = Phase::Locked { mark: None };
        }
        Step::Swap => world.phase = Phase::Swapped,
        Step::Refuse => world.phase = Phase::Refused,
        Step::GiveUp(applied) => {
            world.left.lost_swaps -= 1;
            flush::abandon(world, applied);
            world.phase = Phase::Copying;
        }
    }
}
