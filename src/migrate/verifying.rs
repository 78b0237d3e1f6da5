//! The verification, as the run sees it: what ends it, and what was compared.

use std::sync::Arc;

use super::run::Run;
use crate::{
    error::Failure,
    verify::{self, Depth, Difference, Subject, Summary},
};

impl Run {
    /// Rows that differ and that nothing explains end the run.
    pub(super) fn mind_differences(&mut self) -> Result<(), Failure> {
        match self.conductor.unexplained() {
            Some(differences) => Err(self.differ(&differences)),
            None => Ok(()),
        }
    }

    /// Names the rows that differ.
    pub(super) fn differ(&self, differences: &[Difference]) -> Failure {
        let tables = &self.work.tables;
        let what = format!(
            "Rows of the new table {} are not what those of {} make of them; nothing was swapped.",
            tables.ghost, tables.source
        );
        verify::differ(what, differences, [&tables.source, &tables.ghost]).hint(
            "Somebody has written into the new table (look for triggers and for sessions with its name), or this is a \
             defect of ghost-rs: please report it. Start again with --initially-drop-ghost-table.",
        )
    }

    /// What the swap compares, and how closely.
    pub(super) fn compared(&mut self) -> Option<(Arc<Subject>, Depth)> {
        let ledger = self.conductor.ledger();
        (!ledger.is_off()).then(|| (Arc::clone(&self.subject), ledger.depth()))
    }

    /// What was compared, and what was not.
    pub(super) fn summary(&mut self) -> Summary {
        Summary {
            not_compared: self.subject.uncompared.clone(),
            ..self.conductor.ledger().summary()
        }
    }
}
