//! What ends a run because of its rows: those that differ, those that collide; and what was compared.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::run::Run;
use crate::{
    error::Failure,
    verify::{self, Depth, Difference, Subject, Summary},
};

/// Values that collide are named, so many of them.
const PARKED_SHOWN_MAX: usize = 10;

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

    /// Names the rows that collide.
    pub(super) fn collision(&mut self) -> Failure {
        let work = Arc::clone(&self.work);
        let parked = self.conductor.changes().parked();
        let mut by_value: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (key, wants) in parked {
            by_value.entry(wants).or_default().push(work.key.display(key));
        }
        let failure = Failure::failed(format!(
            "Rows of {} have the same value under a unique key of the new table.",
            work.tables.source
        ));
        let failure = by_value
            .iter()
            .take(PARKED_SHOWN_MAX)
            .fold(failure, |failure, (wants, keys)| {
                failure.detail(format!("{wants} in the rows {}", keys.join("; ")))
            });
        failure
            .detail(format!("{} rows in all, as far as was looked", parked.len()))
            .hint("A native ALTER would fail as well (Duplicate entry). Change or delete the rows, then start again.")
    }
}
