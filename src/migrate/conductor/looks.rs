//! The verification's part of the conductor: what it is told, and when a look begins.

use super::{Action, Conductor, Event, Readiness};
use crate::{
    changes::{BatchId, Flushed},
    key::Key,
    verify::{Difference, Ledger, PartSeen},
};

impl Conductor {
    /// Whether the swap may be tried.
    pub fn readiness(&self) -> Readiness {
        let dirty = self.changes.load().dirty();
        match self.changes.rows_copied() {
            None => Readiness::Copying,
            Some(_) if dirty > self.limits.batch_keys / 4 => Readiness::CatchingUp,
            Some(_) if !self.ledger.is_ready() => Readiness::Verifying,
            Some(_) => Readiness::Ready,
        }
    }

    /// What has been compared.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The same, to tell it what the swap has seen.
    pub fn ledger_mut(&mut self) -> &mut Ledger {
        &mut self.ledger
    }

    /// A flush has ended: what it has written is looked at.
    pub fn landed(&mut self, batch: BatchId, flushed: Flushed) {
        self.ledger.flushed(self.changes.keys_of(batch));
        for key in &flushed.displaced {
            self.ledger.stirred(key);
        }
        for parked in &flushed.parked {
            self.ledger.stirred(&parked.key);
        }
        self.changes.batch_flushed(batch, flushed);
    }

    /// Nobody knows whether a flush happened; it will be done again, with what it may have touched.
    pub fn lost(&mut self, batch: BatchId, touched: Vec<Key>) {
        for key in &touched {
            self.ledger.stirred(key);
        }
        self.changes.batch_lost(batch, touched);
    }

    /// Rows that differ and that nothing explains.
    pub fn unexplained(&mut self) -> Option<Vec<Difference>> {
        let changes = &self.changes;
        self.ledger
            .judge(|mark| changes.is_fenced(mark), |batch| changes.have_landed(batch))
    }

    pub(super) fn seen(&mut self, event: Event) {
        match event {
            Event::PartFound(to) => self.ledger.found(to),
            Event::PartSeen { look, seen } => {
                let PartSeen {
                    rows,
                    differing,
                    took,
                } = seen;
                self.ledger.part_seen(look, rows, differing, took);
            }
            Event::KeysSeen { look, differences } => {
                let (until, newest) = (self.changes.next_mark(), self.changes.newest_batch());
                self.ledger.keys_seen(look, differences, until, newest);
            }
            _ => {}
        }
    }

    pub(super) fn look(&mut self) -> Option<Action> {
        if !self.ledger.has_begun() && self.changes.rows_copied().is_some() {
            self.ledger.begin(std::mem::take(&mut self.whole));
        }
        let changes = &self.changes;
        self.ledger.next(|key| changes.is_settled(key)).map(Action::Look)
    }

    /// A look that differed is judged behind a mark; nobody waits for the heartbeat.
    pub(super) fn looks_wait_for_mark(&self) -> bool {
        self.ledger
            .waits_for()
            .is_some_and(|mark| mark == self.changes.next_mark())
    }
}
