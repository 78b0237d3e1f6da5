//! Clauses that cannot be run by copying rows into an altered empty table, and why.

use super::Alter;
use super::clause::{Action, Clause};
use crate::error::Failure;

/// A clause that stops the run before any server is touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forbidden<'a> {
    /// The clause, as written.
    pub clause: &'a str,
    /// Why.
    pub why: &'static str,
    /// What to do.
    pub hint: &'static str,
}

impl Alter {
    /// Everything in the text that cannot be run online.
    pub fn forbidden(&self) -> Vec<Forbidden<'_>> {
        self.clauses.iter().filter_map(forbidden).collect()
    }

    /// The failure that [`Alter::forbidden`] and [`Alter::cannot_exclude_rename`] amount to.
    pub fn refusal(&self) -> Option<Failure> {
        self.forbidden_refusal().or_else(|| self.rename_refusal())
    }

    /// What [`Alter::forbidden`] amounts to; it stands against any way of doing it.
    pub fn forbidden_refusal(&self) -> Option<Failure> {
        let forbidden = self.forbidden();
        let failure = Failure::usage("this ALTER cannot be run online").hint(forbidden.first()?.hint);
        Some(forbidden.iter().fold(failure, |so_far, one| {
            so_far.detail(format!("{}: {}", one.clause, one.why))
        }))
    }

    /// What [`Alter::cannot_exclude_rename`] amounts to; the server's own ALTER knows what it renames.
    pub fn rename_refusal(&self) -> Option<Failure> {
        self.cannot_exclude_rename().map(|clause| {
            Failure::usage("it cannot be excluded that this ALTER renames a column")
                .detail(format!("not understood: {clause}"))
                .hint("Write the rename as RENAME COLUMN a TO b, in a clause of its own, and the rest without it.")
        })
    }
}

fn forbidden(clause: &Clause) -> Option<Forbidden<'_>> {
    let (why, hint) = match &clause.action {
        Action::RenameTable(_) => (
            "the table keeps its name: the swap gives the new table the old one's",
            "Leave the rename out; run RENAME TABLE afterwards, it is instant.",
        ),
        Action::AddForeignKey | Action::DropForeignKey => (
            "foreign keys are not supported yet",
            "Run this clause with the server's own ALTER TABLE.",
        ),
        Action::Tablespace => (
            "it exchanges the table's files, which hold the rows",
            "Run it with the server's own ALTER TABLE.",
        ),
        Action::PartitionRows => (
            "it removes rows by partition, which an empty copy cannot repeat",
            "Run it with the server's own ALTER TABLE: it works on whole partitions and is quick.",
        ),
        Action::Maintenance => (
            "it maintains partitions and changes nothing in the table's definition",
            "Run it with the server's own ALTER TABLE.",
        ),
        Action::OrderBy => (
            "it orders the rows that are there once; the copy is ordered by its key",
            "Leave it out: InnoDB keeps rows in the order of the primary key.",
        ),
        Action::Options(options) => {
            let engine = options.engine.as_deref()?;
            if engine.eq_ignore_ascii_case("InnoDB") {
                return None;
            }
            (
                "only InnoDB has the transactions that the copy stands on",
                "Keep InnoDB, or run the server's own ALTER TABLE.",
            )
        }
        _ => return None,
    };
    Some(Forbidden {
        clause: &clause.sql,
        why,
        hint,
    })
}
