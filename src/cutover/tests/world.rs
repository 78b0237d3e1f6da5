//! The fake server: three names, one pair of locks, a log, and an application that writes all the time.
//! Small enough to be obviously right; it has no faults of its own.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use crate::changes::Change;
use crate::cutover::Names;

pub const SOURCE: &str = "t";
pub const GHOST: &str = "_t_gho";
/// The trigger's name, and the one that its twin has until the swap.
pub const NAME: &str = "audit";
pub const INTERIM: &str = "_ghost_rs_0";
pub const OLD: &str = "_t_del";
/// The application writes keys below this one.
const KEYS: u64 = 11;

/// A table: rows by key, the AUTO_INCREMENT counter, and whether it has the structure that the ALTER asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    pub rows: BTreeMap<u64, u64>,
    pub counter: u64,
    pub altered: bool,
    /// Its triggers: each fires at every change.
    pub triggers: Vec<&'static str>,
}

/// What the server knows.
#[derive(Debug, Default)]
pub struct World {
    pub tables: BTreeMap<&'static str, Table>,
    /// The session that holds the write locks on source and ghost.
    pub lock: Option<u32>,
    /// Another session uses the table for so many milliseconds more.
    pub in_use_ms: u64,
    /// A session waits for the write locks; everybody else queues behind it.
    pub lock_waits: bool,
    sessions: BTreeSet<u32>,
    log: Vec<(u64, Change)>,
    writes: u64,
    stalled_ms: u64,
    /// The longest time that the application had to wait for.
    pub stall_ms_max: u64,
    /// RENAME statements that arrived.
    pub renames: u32,
    /// Ghost and source were the same when they were swapped.
    pub swapped_equal: Option<bool>,
}

pub type Shared = Rc<RefCell<World>>;

/// How long a statement takes, and the application's pace.
pub const TICK_MS: u64 = 5;

/// Some time passes, and the application makes use of it.
pub async fn tick(world: &Shared) {
    tokio::time::sleep(Duration::from_millis(TICK_MS)).await;
    world.borrow_mut().application();
}

impl World {
    /// Rows that are copied, and a few changes that are in the log only.
    pub fn with_backlog() -> Shared {
        let source = Table {
            rows: (0..KEYS).map(|key| (key, 0)).collect(),
            counter: KEYS,
            altered: false,
            triggers: vec![NAME],
        };
        let ghost = Table {
            altered: true,
            triggers: vec![],
            ..source.clone()
        };
        let mut world = Self {
            tables: [(SOURCE, source), (GHOST, ghost)].into(),
            ..Self::default()
        };
        (0..20).for_each(|_| world.application());
        Rc::new(RefCell::new(world))
    }

    /// One statement, if the table lets it in. Every fifth is a DELETE.
    fn application(&mut self) {
        self.in_use_ms = self.in_use_ms.saturating_sub(TICK_MS);
        if self.lock.is_some() || self.lock_waits {
            self.stalled_ms += TICK_MS;
            self.stall_ms_max = self.stall_ms_max.max(self.stalled_ms);
            return;
        }
        self.stalled_ms = 0;
        self.writes += 1;
        let (key, value) = (self.writes * 7 % KEYS, self.writes);
        let Some(table) = self.tables.get_mut(SOURCE) else {
            return;
        };
        assert_eq!(table.triggers.len(), 1, "a change fires {:?}", table.triggers);
        table.counter = table.counter.max(100 + value);
        if value % 5 == 0 {
            table.rows.remove(&key);
            self.log.push((key, Change::Gone));
        } else {
            table.rows.insert(key, value);
            self.log.push((key, Change::Written));
        }
    }

    pub fn connect(&mut self, session: u32) {
        self.sessions.insert(session);
    }

    pub fn is_connected(&self, session: u32) -> bool {
        self.sessions.contains(&session)
    }

    /// A session goes, and with it what it holds or waits for.
    pub fn end(&mut self, session: u32) {
        if self.sessions.remove(&session) {
            self.unlock(session);
            self.lock_waits = false;
        }
    }

    pub fn lock(&mut self, session: u32) {
        assert_eq!(self.lock, None, "LOCK TABLES beside another one");
        self.lock = Some(session);
    }

    pub fn unlock(&mut self, session: u32) {
        if self.lock == Some(session) {
            self.lock = None;
        }
    }

    /// What stands in the log and was not delivered yet.
    pub fn take_log(&mut self) -> Vec<(u64, Change)> {
        std::mem::take(&mut self.log)
    }

    /// The ghost's rows become what the source's are.
    pub fn flush(&mut self, keys: &[u64]) {
        for key in keys {
            let row = self.tables[SOURCE].rows.get(key).copied();
            let ghost = self.tables.get_mut(GHOST).unwrap();
            assert!(
                ghost.triggers.is_empty(),
                "a write of ours fires {:?}",
                ghost.triggers
            );
            let ghost = &mut ghost.rows;
            match row {
                Some(row) => ghost.insert(*key, row),
                None => ghost.remove(key),
            };
        }
    }

    pub fn displace(&mut self, keys: &[u64]) {
        let ghost = &mut self.tables.get_mut(GHOST).unwrap().rows;
        ghost.retain(|key, _| !keys.contains(key));
    }

    pub fn spoil(&mut self, keys: &[u64]) {
        let ghost = &mut self.tables.get_mut(GHOST).unwrap().rows;
        ghost.extend(keys.iter().map(|key| (*key, u64::MAX)));
    }

    /// Of these keys, those whose rows are not the same in both tables.
    pub fn differing(&self, keys: impl Iterator<Item = u64>) -> Vec<u64> {
        let row = |name, key: &u64| self.tables[name].rows.get(key).copied();
        keys.filter(|key| row(SOURCE, key) != row(GHOST, key)).collect()
    }

    pub fn settle(&mut self) {
        let counter = self.tables[SOURCE].counter;
        self.tables.get_mut(GHOST).unwrap().counter = counter;
    }

    pub fn arm(&mut self, session: u32) {
        assert_eq!(self.lock, Some(session), "triggers made without the lock");
        self.tables.get_mut(GHOST).unwrap().triggers = vec![INTERIM];
    }

    /// After an attempt that failed, before anybody writes into the ghost again.
    pub fn disarm(&mut self) {
        if let Some(ghost) = self.tables.get_mut(GHOST) {
            ghost.triggers.clear();
        }
    }

    pub fn name_triggers(&mut self, session: u32) {
        assert_eq!(self.lock, Some(session), "triggers named without the lock");
        self.finish_triggers();
    }

    /// Under a lock of its own, which nobody sees here.
    pub fn finish_triggers(&mut self) {
        self.tables.get_mut(OLD).unwrap().triggers.clear();
        self.tables.get_mut(SOURCE).unwrap().triggers = vec![NAME];
    }

    /// Both names or none.
    pub fn rename(&mut self, session: u32) {
        self.rehearse(session);
        let (source, ghost) = (
            self.tables.remove(SOURCE).unwrap(),
            self.tables.remove(GHOST).unwrap(),
        );
        self.tables.insert(OLD, source);
        self.tables.insert(SOURCE, ghost);
    }

    /// There and back: nothing but the moment counts.
    pub fn rehearse(&mut self, session: u32) {
        assert_eq!(
            self.lock,
            Some(session),
            "RENAME without the lock: the application writes meanwhile"
        );
        let (source, ghost) = (&self.tables[SOURCE], &self.tables[GHOST]);
        self.swapped_equal = Some(source.rows == ghost.rows && source.counter == ghost.counter);
    }

    pub fn names(&self) -> Names {
        let is = |name| self.tables.contains_key(name);
        Names {
            source: is(SOURCE),
            ghost: is(GHOST),
            old: is(OLD),
        }
    }

    /// Whether the table that the application uses is the new one.
    pub fn is_swapped(&self) -> bool {
        self.tables[SOURCE].altered
    }
}
