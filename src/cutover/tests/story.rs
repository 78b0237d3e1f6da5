//! A swap, told: what goes wrong, what comes of it. After every attempt the story asks whether what we were told is what
//! really happened.

use std::time::Duration;

use super::fakes::{FakeBeside, FakeDoor, Fault, Keys, Stage, Step};
use super::world::{NAME, SOURCE, World};
use crate::cutover::{ANSWER_MS_MAX, Attempt, Budget, Goal, NAME_MS_MAX, attempt};
use crate::error::{Exit, Failure};

pub const LOCK_MS: u64 = 150;
pub const WINDOW_MS: u64 = 1_000;
pub const VERIFY_MS: u64 = 100;
/// The fake statements' own time.
const SLACK_MS: u64 = 100;

/// One run's swap.
pub struct Story {
    pub stage: Stage,
    door: FakeDoor,
    pub keys: Keys,
    goal: Goal,
    attempts: u32,
}

/// What an attempt came to, to be compared with what the story expects.
#[must_use]
pub struct Told(pub Attempt);

impl Story {
    pub fn new(goal: Goal) -> Self {
        let stage = Stage::new(World::with_backlog());
        Self {
            door: FakeDoor::open(&stage, 1),
            keys: Keys::new(&stage),
            stage,
            goal,
            attempts: 0,
        }
    }

    /// What goes wrong at the next time that a step is asked for; several for one step come one after another.
    pub fn at(&mut self, step: Step, fault: Fault) -> &mut Self {
        self.stage.script(step, Some(fault));
        self
    }

    /// Another session uses the table for so long.
    pub fn table_in_use(&mut self, ms: u64) -> &mut Self {
        self.stage.world.borrow_mut().in_use_ms = ms;
        self
    }

    /// Somebody kills the swap's session while it waits for the fence, with nothing under way.
    pub fn killed_during_fence(&mut self) -> &mut Self {
        self.keys.killed_meanwhile = Some(1);
        self
    }

    /// One attempt; whatever we are told, it is true.
    pub async fn attempt(&mut self) -> Told {
        let budget = Budget {
            lock: Duration::from_millis(LOCK_MS),
            window: Duration::from_millis(WINDOW_MS),
            verify: Duration::from_millis(VERIFY_MS),
        };
        self.attempts += 1;
        {
            let mut world = self.stage.world.borrow_mut();
            (world.renames, world.swapped_equal) = (0, None);
        }
        let mut beside = FakeBeside(self.stage.clone());
        let told = attempt(&mut self.door, &mut beside, &mut self.keys, budget, self.goal).await;
        self.is_true(&told);
        if matches!(told, Attempt::NotYet(_)) {
            self.stage.world.borrow_mut().disarm();
        }
        Told(told)
    }

    fn is_true(&self, told: &Attempt) {
        let world = self.stage.world.borrow();
        match told {
            Attempt::Swapped(_) => {
                assert!(world.is_swapped(), "told swapped, and it is not");
                let named = world.tables[SOURCE].triggers == [NAME];
                assert!(
                    named || self.stage.gave_up_names(),
                    "the trigger has not its name"
                );
            }
            Attempt::Rehearsed(_) => {
                assert_eq!(self.goal, Goal::Rehearse);
                assert_eq!(world.swapped_equal, Some(true), "told rehearsed, and it was not");
                assert!(!world.is_swapped(), "it was not swapped back");
            }
            Attempt::NotYet(_) | Attempt::Stop(_) => {
                assert!(!world.is_swapped(), "{told:?}, but it is swapped")
            }
            Attempt::Unknown(failure) => assert_eq!(failure.exit, Exit::Unknown),
        }
        assert!(
            self.goal == Goal::Swap || !world.is_swapped(),
            "a rehearsal left the ghost under the source's name"
        );
        assert_ne!(world.swapped_equal, Some(false), "swapped with rows missing");
        assert!(world.renames <= 1, "RENAME was sent {} times", world.renames);
        if self.stage.kill_failed() {
            assert!(
                !matches!(told, Attempt::NotYet(_)),
                "{told:?}, and the lock may still be held"
            );
        } else {
            assert_eq!(world.lock, None, "a lock outlives the attempt: {told:?}");
            assert!(!world.lock_waits, "a LOCK still waits: {told:?}");
            let stall = LOCK_MS + WINDOW_MS + NAME_MS_MAX + 3 * ANSWER_MS_MAX + SLACK_MS;
            assert!(
                world.stall_ms_max <= stall,
                "the application waited {} ms",
                world.stall_ms_max
            );
        }
    }

    /// A new session, a good day: the next attempt succeeds.
    pub async fn succeeds_next_time(&mut self) {
        self.stage.forgive();
        self.table_in_use(0);
        self.stage.world.borrow_mut().end(self.attempts);
        self.door = FakeDoor::open(&self.stage, self.attempts + 1);
        let told = self.attempt().await;
        match self.goal {
            Goal::Swap => told.swapped(),
            Goal::Rehearse => told.rehearsed(),
        }
    }

    /// Which steps were asked for, in order.
    pub fn asked(&self) -> Vec<Step> {
        self.stage.asked.borrow().clone()
    }
}

impl Told {
    pub fn swapped(self) {
        assert!(matches!(self.0, Attempt::Swapped(_)), "{:?}", self.0);
    }

    pub fn rehearsed(self) {
        assert!(matches!(self.0, Attempt::Rehearsed(_)), "{:?}", self.0);
    }

    pub fn not_yet(self, because: &str) {
        match self.0 {
            Attempt::NotYet(why) if why.contains(because) => {}
            other => panic!("{other:?} is not: not yet, {because}"),
        }
    }

    pub fn stops(self, because: &str) -> Failure {
        match self.0 {
            Attempt::Stop(failure) if failure.to_string().contains(because) => failure,
            other => panic!("{other:?} is not: stop, {because}"),
        }
    }

    pub fn unknown(self) {
        assert!(matches!(self.0, Attempt::Unknown(_)), "{:?}", self.0);
    }
}
