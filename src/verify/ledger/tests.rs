//! The ledger beside the real state machine of the changes, on a server of eight rows: whatever the order of events, a
//! difference that a change explains ends no run, and one that nothing explains ends every run before its swap.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{
    changes::{Batch, Change, Changes, Flushed},
    verify::difference::Kind,
};

const KEYS: u64 = 8;
const PARTS: u64 = 3;

fn key(number: u64) -> Key {
    Key::from_encoded(number.to_be_bytes(), 8)
}

fn number(key: &Key) -> u64 {
    u64::from_be_bytes(key.bytes().try_into().unwrap())
}

enum Logged {
    Change(u64),
    Mark(Mark),
}

/// A look whose answer has not come yet.
enum Answer {
    Part(LookId, u64, Vec<Key>),
    Keys(LookId, Vec<Difference>),
    Found(Option<Key>),
}

struct World {
    source: BTreeMap<u64, u64>,
    ghost: BTreeMap<u64, u64>,
    log: Vec<Logged>,
    marks: Vec<Mark>,
    flushes: Vec<(Batch, bool)>,
    answers: Vec<Answer>,
    changes: Changes,
    ledger: Ledger,
    writes: u64,
    /// The next flush writes its first row wrongly.
    spoil: bool,
    unexplained: Option<Vec<Difference>>,
}

impl World {
    fn new(wrong: Option<u64>, keys_max: usize) -> Self {
        let source: BTreeMap<u64, u64> = (0..KEYS).map(|key| (key, 0)).collect();
        let mut ghost = source.clone();
        if let Some(wrong) = wrong {
            ghost.insert(wrong, 1_000_000);
        }
        let mut changes = Changes::new(true);
        changes.range_known(None);
        let sizer = ChunkSizer::new(Duration::from_millis(1), None, Some(3));
        let mut ledger = Ledger::new(Verify::Full, true, sizer, keys_max, usize::MAX);
        ledger.begin(Vec::new());
        Self {
            source,
            ghost,
            log: Vec::new(),
            marks: Vec::new(),
            flushes: Vec::new(),
            answers: Vec::new(),
            changes,
            ledger,
            writes: 0,
            spoil: false,
            unexplained: None,
        }
    }

    fn step(&mut self, choice: u8, number: u64) {
        match choice % 9 {
            0 => self.write(number % KEYS),
            1 => self.deliver(),
            2 => self.begin_mark(),
            3 => self.return_mark(),
            4 => self.begin_flush(),
            5 => self.do_flush(),
            6 => self.land_flush(),
            7 => self.begin_look(),
            _ => self.land_look(),
        }
        self.judge();
    }

    fn write(&mut self, key: u64) {
        self.writes += 1;
        if self.writes.is_multiple_of(4) {
            self.source.remove(&key);
        } else {
            self.source.insert(key, self.writes);
        }
        self.log.push(Logged::Change(key));
    }

    fn deliver(&mut self) {
        if self.log.is_empty() {
            return;
        }
        match self.log.remove(0) {
            Logged::Change(number) => {
                self.ledger.stirred(&key(number));
                self.changes.delivered(key(number), Change::Gone);
            }
            Logged::Mark(mark) => self.changes.mark_seen(mark),
        }
    }

    fn begin_mark(&mut self) {
        let mark = self.changes.mark_begun();
        self.log.push(Logged::Mark(mark));
        self.marks.push(mark);
    }

    fn return_mark(&mut self) {
        if !self.marks.is_empty() {
            let mark = self.marks.remove(0);
            self.changes.mark_returned(mark);
        }
    }

    fn begin_flush(&mut self) {
        if let Some(batch) = self.changes.next_batch(2, usize::MAX) {
            self.flushes.push((batch, false));
        }
    }

    /// On the server.
    fn do_flush(&mut self) {
        let Some((batch, done)) = self.flushes.iter_mut().find(|(_, done)| !done) else {
            return;
        };
        for (key, _) in &batch.keys {
            let key = number(key);
            match (self.source.get(&key), std::mem::take(&mut self.spoil)) {
                (_, true) => self.ghost.insert(key, 2_000_000),
                (Some(row), _) => self.ghost.insert(key, *row),
                (None, _) => self.ghost.remove(&key),
            };
        }
        *done = true;
    }

    /// We hear of it.
    fn land_flush(&mut self) {
        if let Some(place) = self.flushes.iter().position(|(_, done)| *done) {
            let (batch, _) = self.flushes.remove(place);
            self.ledger.flushed(self.changes.keys_of(batch.id));
            self.changes.batch_flushed(batch.id, Flushed::default());
        }
    }

    fn begin_look(&mut self) {
        let changes = &self.changes;
        let Some(task) = self.ledger.next(|key| changes.is_settled(key)) else {
            return;
        };
        let answer = match task {
            Task::Find { after, .. } => {
                let next = after.map_or(2, |after| number(&after) + 3);
                Answer::Found((next < KEYS.min(3 * PARTS - 1)).then(|| key(next)))
            }
            Task::Part { look, part, .. } => {
                let inside: Vec<Key> = (0..KEYS).map(key).filter(|key| may_hold(&part, key)).collect();
                let rows = inside
                    .iter()
                    .filter(|key| self.source.contains_key(&number(key)))
                    .count();
                Answer::Part(look, rows as u64, self.differing(&inside))
            }
            Task::Keys { look, keys, .. } => {
                let differences = self.differing(&keys).into_iter().map(|key| Difference {
                    name: number(&key).to_string(),
                    key,
                    kind: Kind::Unseen,
                });
                Answer::Keys(look, differences.collect())
            }
        };
        self.answers.push(answer);
    }

    fn differing(&self, keys: &[Key]) -> Vec<Key> {
        let differs = |key: &&Key| self.source.get(&number(key)) != self.ghost.get(&number(key));
        keys.iter().filter(differs).cloned().collect()
    }

    fn land_look(&mut self) {
        if self.answers.is_empty() {
            return;
        }
        match self.answers.remove(0) {
            Answer::Found(to) => self.ledger.found(to),
            Answer::Part(look, rows, differing) => {
                self.ledger
                    .part_seen(look, rows, differing, Duration::from_millis(1));
            }
            Answer::Keys(look, differences) => {
                let (until, landed) = (self.changes.next_mark(), self.changes.newest_batch());
                self.ledger.keys_seen(look, differences, until, landed);
            }
        }
    }

    fn judge(&mut self) {
        let changes = &self.changes;
        let found = self
            .ledger
            .judge(|mark| changes.is_fenced(mark), |batch| changes.have_landed(batch));
        self.unexplained = self.unexplained.take().or(found);
    }

    fn everything_once(&mut self) {
        self.begin_mark();
        self.return_mark();
        (0..64).for_each(|_| self.deliver());
        (0..8).for_each(|_| {
            self.begin_flush();
            self.do_flush();
            self.land_flush();
            self.begin_look();
            self.land_look();
        });
        self.judge();
    }

    /// Nobody writes any more; the swap's look under the lock. `true`: both tables are said to be equal.
    fn swap(&mut self) -> bool {
        let mut rounds = 0;
        let done = |world: &Self| {
            let quiet = world.log.is_empty() && world.answers.is_empty() && world.flushes.is_empty();
            quiet && world.ledger.is_ready() && world.changes.is_drained()
        };
        while !done(self) {
            self.everything_once();
            rounds += 1;
            assert!(rounds < 100, "the verification does not come to an end");
        }
        self.ledger.recall();
        while let Some(keys) = self.ledger.next_due() {
            if !self.differing(&keys).is_empty() {
                return false;
            }
            self.ledger.looked(&keys);
        }
        self.unexplained.is_none()
    }
}

fn schedule() -> impl Strategy<Value = Vec<(u8, u64)>> {
    vec((any::<u8>(), any::<u64>()), 0..250)
}

proptest! {
    #[test]
    fn what_a_change_explains_ends_no_run(steps in schedule(), keys_max in 1..20_usize) {
        let mut world = World::new(None, keys_max);
        for (choice, number) in steps {
            world.step(choice, number);
            prop_assert_eq!(&world.unexplained, &None);
        }
        prop_assert!(world.swap());
        prop_assert_eq!(&world.source, &world.ghost);
        prop_assert_eq!(world.ledger.due(), 0);
    }

    #[test]
    fn a_row_copied_wrongly_is_found(steps in schedule(), wrong in 0..KEYS, keys_max in 1..20_usize) {
        let mut world = World::new(Some(wrong), keys_max);
        steps.into_iter().for_each(|(choice, number)| world.step(choice, number));
        let said_equal = world.swap();
        prop_assert!(!said_equal || world.source == world.ghost);
    }

    #[test]
    fn a_row_flushed_wrongly_is_found(before in schedule(), after in schedule(), keys_max in 1..20_usize) {
        let mut world = World::new(None, keys_max);
        before.into_iter().for_each(|(choice, number)| world.step(choice, number));
        world.spoil = true;
        after.into_iter().for_each(|(choice, number)| world.step(choice, number));
        let said_equal = world.swap();
        prop_assert!(!said_equal || world.source == world.ghost);
    }
}

#[test]
fn a_wrong_row_that_nobody_changes_is_always_named() {
    let mut world = World::new(Some(5), 10);
    (0..5).for_each(|_| world.everything_once());
    let found = world.unexplained.expect("found");
    assert_eq!(
        found.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(),
        ["5"]
    );
}

#[test]
fn parts_cover_everything_and_are_counted() {
    let mut world = World::new(None, 10);
    (0..5).for_each(|_| world.everything_once());
    assert!(world.swap());
    let summary = world.ledger.summary();
    assert_eq!(
        (summary.parts, summary.rows_counted, summary.rows_verified),
        (3, KEYS, KEYS)
    );
    let ends: Vec<_> = world
        .ledger
        .places
        .iter()
        .map(|place| place.part.clone())
        .collect();
    assert_eq!(
        ends,
        [
            Part::Range {
                after: None,
                to: Some(key(2))
            },
            Part::Range {
                after: Some(key(2)),
                to: Some(key(5))
            },
            Part::Range {
                after: Some(key(5)),
                to: None
            },
        ]
    );
}

#[test]
fn over_the_limit_parts_are_looked_at_again() {
    let mut world = World::new(None, 1);
    (0..5).for_each(|_| world.everything_once());
    assert!(!world.ledger.is_passing());
    world.ledger.flushed(&[key(0), key(7)]);
    assert_eq!(world.ledger.due(), 0);
    let again = |place: &Place| place.state == State::ToDo;
    assert_eq!(world.ledger.places.iter().filter(|place| again(place)).count(), 2);
    assert!(!world.ledger.is_ready());
}

#[test]
fn a_row_that_was_not_asked_for_is_not_judged_but_due() {
    let mut world = World::new(None, 10);
    (0..5).for_each(|_| world.everything_once());
    world.ledger.flushed(&[key(3)]);
    let Some(Task::Keys { look, keys, .. }) = world.ledger.next(|_| true) else {
        panic!("no look at the key that was flushed");
    };
    assert_eq!(keys, [key(3)]);
    let equal_only = Difference {
        key: key(4),
        name: "4".into(),
        kind: Kind::Unseen,
    };
    let newest = world.changes.newest_batch();
    world.ledger.keys_seen(look, vec![equal_only], Mark(1), newest);
    assert_eq!(world.ledger.judge(|_| true, |_| true), None);
    assert_eq!(world.ledger.next_due(), Some(vec![key(4)]));
}
