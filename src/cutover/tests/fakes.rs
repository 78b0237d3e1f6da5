//! The three traits over the fake server, and where it goes wrong: a script of faults, by step.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use super::world::{Shared, TICK_MS, World, tick};
use crate::changes::{Batch, BatchId, Changes, Flushed, Parked};
use crate::config::Verify;
use crate::cutover::{Beside, Door, Names, Pending};
use crate::error::Failure;
use crate::key::Key;
use crate::mysql::SqlError;
use crate::pace::ChunkSizer;
use crate::verify::{Difference, Kind, Ledger};

/// Keys of one flush: few, so that a backlog is several of them.
const BATCH_KEYS: usize = 4;

/// The places where something is asked of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Lock,
    Fence,
    Flush,
    Look,
    Settle,
    Arm,
    Rename,
    Name,
    Unlock,
    Interrupt,
    End,
    Names,
    Finish,
}

/// What the server has done of a statement whose answer never comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    Nothing,
    All,
    /// Nothing yet; it does it in the moment in which its session is told to end.
    AtTheEnd,
}

/// What goes wrong with one statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The session is killed on the server, before or after the statement took effect. Its locks go with it.
    Killed(Done),
    /// The network is cut: we are told that the session is lost, and on the server it stays, with its locks.
    Cut(Done),
    /// No answer, and no error.
    Silent(Done),
    /// The server refuses the statement with this error and has done nothing.
    Refused(u16),
    /// The answer takes so many milliseconds.
    Slow(u64),
    /// The lock is granted in the moment in which its statement is interrupted.
    GrantedLate,
    /// The flush deletes these other ghost rows to make room.
    Displaces(Vec<u64>),
    /// These rows share a unique value with other rows of the source.
    Parks(Vec<u64>),
    /// The flush writes these rows wrongly.
    Spoils(Vec<u64>),
    /// The run is told to stop, or the stream cannot be read any further.
    Ends(Failure),
}

impl Fault {
    fn done(&self) -> Done {
        match self {
            Self::Killed(done) | Self::Cut(done) | Self::Silent(done) => *done,
            _ => Done::All,
        }
    }
}

async fn pass(world: &Shared, ms: u64) {
    for _ in 0..ms / TICK_MS {
        tick(world).await;
    }
}

type Effect = Box<dyn FnOnce(&mut World)>;

/// What both sessions share: the server, the script, and what has been asked so far.
#[derive(Clone)]
pub struct Stage {
    pub world: Shared,
    script: Rc<RefCell<BTreeMap<Step, VecDeque<Option<Fault>>>>>,
    pub asked: Rc<RefCell<Vec<Step>>>,
    interrupted: Rc<RefCell<bool>>,
    kill_failed: Rc<RefCell<bool>>,
    at_the_end: Rc<RefCell<Option<Effect>>>,
}

impl Stage {
    pub fn new(world: Shared) -> Self {
        Self {
            world,
            script: Rc::default(),
            asked: Rc::default(),
            interrupted: Rc::default(),
            kill_failed: Rc::default(),
            at_the_end: Rc::default(),
        }
    }

    /// The next time that this step is asked for and not yet spoken for, this happens (`None`: nothing).
    pub fn script(&self, step: Step, fault: Option<Fault>) {
        self.script.borrow_mut().entry(step).or_default().push_back(fault);
    }

    /// Nothing goes wrong any more.
    pub fn forgive(&self) {
        self.script.borrow_mut().clear();
        self.at_the_end.borrow_mut().take();
        self.interrupted.replace(false);
        self.kill_failed.replace(false);
    }

    /// The swap's session was to be ended, and that did not work.
    pub fn kill_failed(&self) -> bool {
        *self.kill_failed.borrow()
    }

    /// The names of triggers could not be finished either, or nobody may have asked for it because the swap's session
    /// could not be ended.
    pub fn gave_up_names(&self) -> bool {
        self.kill_failed() || self.asked.borrow().last() == Some(&Step::Finish)
    }

    fn next_fault(&self, step: Step) -> Option<Fault> {
        self.asked.borrow_mut().push(step);
        self.script.borrow_mut().get_mut(&step)?.pop_front()?
    }

    /// What goes wrong with the next flush.
    fn flush_fault(&self) -> Option<Fault> {
        let script = self.script.borrow();
        script.get(&Step::Flush)?.front().cloned().flatten()
    }

    fn end(&self, session: u32) {
        if let Some(effect) = self.at_the_end.borrow_mut().take() {
            effect(&mut self.world.borrow_mut());
        }
        self.world.borrow_mut().end(session);
    }

    async fn until_gone(&self, session: u32) -> SqlError {
        while self.world.borrow().is_connected(session) {
            tick(&self.world).await;
        }
        lost()
    }
}

fn lost() -> SqlError {
    SqlError {
        code: Some(2013),
        message: "Lost connection".into(),
        state: String::new(),
        lost: true,
        statement: String::new(),
    }
}

fn refused(code: u16) -> SqlError {
    SqlError {
        code: Some(code),
        message: "refused".into(),
        state: "HY000".into(),
        lost: false,
        statement: String::new(),
    }
}

/// The swap's own session. As in the real one, a statement whose future was dropped leaves it useless.
pub struct FakeDoor {
    stage: Stage,
    id: u32,
    broken: bool,
}

impl FakeDoor {
    pub fn open(stage: &Stage, id: u32) -> Self {
        stage.world.borrow_mut().connect(id);
        Self {
            stage: stage.clone(),
            id,
            broken: false,
        }
    }

    async fn statement(
        &mut self,
        step: Step,
        effect: impl FnOnce(&mut World) + 'static,
    ) -> Result<(), SqlError> {
        if std::mem::replace(&mut self.broken, true) {
            return Err(lost());
        }
        let fault = self.stage.next_fault(step);
        let answer = self.play(step, fault, Box::new(effect)).await;
        self.broken = answer.as_ref().is_err_and(|error| error.lost);
        answer
    }

    async fn play(&self, step: Step, fault: Option<Fault>, effect: Effect) -> Result<(), SqlError> {
        let (stage, world) = (&self.stage, &self.stage.world);
        if !world.borrow().is_connected(self.id) {
            return Err(lost());
        }
        tick(world).await;
        if step == Step::Lock && world.borrow().in_use_ms > 0 {
            self.wait_for_lock(fault.as_ref()).await?;
        }
        if step == Step::Rename && fault != Some(Fault::Killed(Done::Nothing)) {
            world.borrow_mut().renames += 1;
        }
        match &fault {
            Some(Fault::Refused(code)) => return Err(refused(*code)),
            Some(fault) if fault.done() == Done::Nothing => {}
            Some(fault) if fault.done() == Done::AtTheEnd => {
                stage.at_the_end.borrow_mut().replace(effect);
            }
            Some(Fault::Slow(ms)) => {
                pass(world, *ms).await;
                effect(&mut world.borrow_mut());
            }
            _ => effect(&mut world.borrow_mut()),
        }
        self.answer(fault).await
    }

    async fn answer(&self, fault: Option<Fault>) -> Result<(), SqlError> {
        match fault {
            Some(Fault::Killed(_)) => {
                self.stage.end(self.id);
                Err(lost())
            }
            Some(Fault::Cut(_)) => Err(lost()),
            Some(Fault::Silent(_)) => Err(self.stage.until_gone(self.id).await),
            _ => Ok(()),
        }
    }

    /// Waits for whoever uses the table, or for the interruption.
    async fn wait_for_lock(&self, fault: Option<&Fault>) -> Result<(), SqlError> {
        let (stage, world) = (&self.stage, &self.stage.world);
        world.borrow_mut().lock_waits = true;
        if let Some(Fault::Killed(_) | Fault::Cut(_) | Fault::Silent(_)) = fault {
            self.answer(fault.cloned()).await?;
        }
        let answer = loop {
            tick(world).await;
            match stage.interrupted.replace(false) {
                true if fault == Some(&Fault::GrantedLate) => break Ok(()),
                true => break Err(refused(1317)),
                false if !world.borrow().is_connected(self.id) => break Err(lost()),
                false if world.borrow().in_use_ms == 0 => break Ok(()),
                false => {}
            }
        };
        world.borrow_mut().lock_waits = false;
        answer
    }
}

impl Door for FakeDoor {
    fn id(&self) -> u32 {
        self.id
    }

    async fn lock(&mut self) -> Result<(), SqlError> {
        let id = self.id;
        self.statement(Step::Lock, move |world| world.lock(id)).await
    }

    async fn flush(&mut self, batch: &Batch) -> Result<Flushed, SqlError> {
        let keys: Vec<u64> = batch.keys.iter().map(|(key, _)| number(key)).collect();
        let (displaced, parked) = match self.stage.flush_fault() {
            Some(Fault::Displaces(keys)) => (keys, Vec::new()),
            Some(Fault::Parks(keys)) => (Vec::new(), keys),
            _ => (Vec::new(), Vec::new()),
        };
        let spoilt = match self.stage.flush_fault() {
            Some(Fault::Spoils(keys)) => keys,
            _ => Vec::new(),
        };
        let out: Vec<u64> = displaced.iter().chain(&parked).copied().collect();
        let effect = move |world: &mut World| {
            world.flush(&keys);
            world.displace(&out);
            world.spoil(&spoilt);
        };
        self.statement(Step::Flush, effect).await?;
        let park = |number| Parked {
            key: key(number),
            wants: format!("u = {number}"),
        };
        Ok(Flushed {
            displaced: displaced.into_iter().map(key).collect(),
            parked: parked.into_iter().map(park).collect(),
        })
    }

    async fn look(&mut self, keys: &[Key]) -> Result<Vec<Difference>, SqlError> {
        self.statement(Step::Look, |_| {}).await?;
        let differing = self.stage.world.borrow().differing(keys.iter().map(number));
        let difference = |number: u64| Difference {
            key: key(number),
            name: format!("id={number}"),
            kind: Kind::Unseen,
        };
        Ok(differing.into_iter().map(difference).collect())
    }

    async fn gtids(&mut self) -> Result<Option<String>, SqlError> {
        Ok(Some("uuid:1-7".to_owned()))
    }

    async fn settle(&mut self) -> Result<(), SqlError> {
        self.statement(Step::Settle, World::settle).await
    }

    async fn arm(&mut self) -> Result<(), SqlError> {
        let id = self.id;
        self.statement(Step::Arm, move |world| world.arm(id)).await
    }

    async fn name_triggers(&mut self) -> Result<(), SqlError> {
        let id = self.id;
        self.statement(Step::Name, move |world| world.name_triggers(id))
            .await
    }

    async fn rename(&mut self) -> Result<(), SqlError> {
        let id = self.id;
        self.statement(Step::Rename, move |world| world.rename(id)).await
    }

    async fn rename_and_back(&mut self) -> Result<(), SqlError> {
        let id = self.id;
        self.statement(Step::Rename, move |world| world.rehearse(id))
            .await
    }

    async fn unlock(&mut self) -> Result<(), SqlError> {
        let id = self.id;
        self.statement(Step::Unlock, move |world| world.unlock(id)).await
    }
}

/// The session beside it. What it cannot do after several attempts of its own, it cannot do.
pub struct FakeBeside(pub Stage);

impl FakeBeside {
    async fn ask(&self, step: Step) -> Result<(), SqlError> {
        tick(&self.0.world).await;
        match self.0.next_fault(step) {
            None => Ok(()),
            Some(Fault::Silent(_)) => std::future::pending().await,
            Some(_) => Err(lost()),
        }
    }
}

impl Beside for FakeBeside {
    async fn interrupt(&mut self, _session: u32) -> Result<(), SqlError> {
        self.ask(Step::Interrupt).await?;
        self.0.interrupted.replace(true);
        Ok(())
    }

    async fn end(&mut self, session: u32) -> Result<(), SqlError> {
        self.0.kill_failed.replace(true);
        self.ask(Step::End).await?;
        self.0.kill_failed.replace(false);
        self.0.end(session);
        Ok(())
    }

    async fn finish_triggers(&mut self) -> Result<(), SqlError> {
        self.ask(Step::Finish).await?;
        self.0.world.borrow_mut().finish_triggers();
        Ok(())
    }

    async fn names(&mut self) -> Result<Names, SqlError> {
        self.ask(Step::Names).await?;
        Ok(self.0.world.borrow().names())
    }
}

/// The real state machine of the changes, fed from the fake log.
pub struct Keys {
    stage: Stage,
    changes: Changes,
    ledger: Ledger,
    /// The swap's session, killed by somebody while it waits for the fence.
    pub killed_meanwhile: Option<u32>,
}

impl Keys {
    /// The rows are copied.
    pub fn new(stage: &Stage) -> Self {
        let mut changes = Changes::new(true);
        changes.range_known(None);
        let sizer = ChunkSizer::new(Duration::from_millis(1), None, None);
        let mut ledger = Ledger::new(Verify::Full, true, sizer, 1_000, usize::MAX);
        ledger.begin(Vec::new());
        ledger.found(None);
        Self {
            stage: stage.clone(),
            changes,
            ledger,
            killed_meanwhile: None,
        }
    }
}

impl Pending for Keys {
    async fn fence(&mut self) -> Result<(), Failure> {
        let world = &self.stage.world;
        match self.stage.next_fault(Step::Fence) {
            Some(Fault::Ends(failure)) => return Err(failure),
            Some(Fault::Slow(ms)) => pass(world, ms).await,
            Some(Fault::Silent(_)) => std::future::pending().await,
            // A lost mark does not count, and the next one is written after a while.
            Some(_) => pass(world, 100).await,
            None => {}
        }
        if let Some(session) = self.killed_meanwhile.take() {
            self.stage.end(session);
        }
        let mark = self.changes.mark_begun();
        let log = world.borrow_mut().take_log();
        tick(world).await;
        for (number, change) in log {
            self.changes.delivered(key(number), change);
        }
        self.changes.mark_seen(mark);
        self.changes.mark_returned(mark);
        Ok(())
    }

    fn next_batch(&mut self) -> Option<Batch> {
        self.changes.next_batch(BATCH_KEYS, usize::MAX)
    }

    fn flushed(&mut self, batch: BatchId, flushed: Flushed) {
        self.ledger.flushed(self.changes.keys_of(batch));
        self.changes.batch_flushed(batch, flushed);
    }

    fn failed(&mut self, batch: BatchId, touched: Vec<Key>) {
        self.changes.batch_lost(batch, touched);
    }

    fn is_drained(&mut self) -> Result<bool, Failure> {
        let parked = self.changes.parked().len();
        match self.changes.is_drained() {
            true if parked > 0 => Err(Failure::failed(format!("{parked} rows collide"))),
            drained => Ok(drained),
        }
    }

    fn verifies(&mut self) -> bool {
        true
    }

    fn next_due(&mut self) -> Option<Vec<Key>> {
        self.ledger.next_due()
    }

    fn looked(&mut self, keys: &[Key]) {
        self.ledger.looked(keys);
    }

    fn differ(&mut self, differences: &[Difference]) -> Failure {
        let names: Vec<&str> = differences.iter().map(|row| row.name.as_str()).collect();
        Failure::failed(format!("rows differ: {}", names.join(", ")))
    }

    fn position(&mut self) -> String {
        "binlog.000001:4".to_owned()
    }
}

fn key(number: u64) -> Key {
    Key::from_encoded(number.to_be_bytes(), 8)
}

fn number(key: &Key) -> u64 {
    u64::from_be_bytes(key.bytes().try_into().unwrap())
}
