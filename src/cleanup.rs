//! The end of helper tables. This is the only module that drops a table which may hold rows.
//!
//! Rules: a table goes only if it carries *this run's* mark, or if [`judge`] found it to be an earlier run's and the
//! user allowed it, or if a proof of the swap says that it is the old one. Everything can be repeated. A table that is
//! not what it should be stays, and the failure says what it is.

mod leftovers;

use crate::error::Failure;
use crate::mysql::catalog;
use crate::mysql::{Session, SqlError};
use crate::schema::TableName;

pub use leftovers::{Allowed, Droppable, Leftover, judge, leftovers};

/// What a helper table is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// The new table, being filled.
    Ghost,
    /// Our marks.
    Changelog,
    /// The source after the swap.
    Old,
}

impl Role {
    /// A word for messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ghost => "ghost table",
            Self::Changelog => "changelog table",
            Self::Old => "old table",
        }
    }
}

/// The helper tables' names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Helpers {
    /// `_t_gho`.
    pub ghost: TableName,
    /// `_t_ghc`.
    pub changelog: TableName,
    /// `_t_del`.
    pub old: TableName,
}

impl Helpers {
    /// Each with its role.
    pub fn each(&self) -> [(Role, &TableName); 3] {
        [
            (Role::Ghost, &self.ghost),
            (Role::Changelog, &self.changelog),
            (Role::Old, &self.old),
        ]
    }
}

/// What a call found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// The table was there and is gone.
    Now,
    /// There was no such table.
    WasGone,
}

/// Proof that a table is the former source, of which the new one has every row. Only the cut-over makes one.
pub trait SwapProof {
    /// The name that the former source has now.
    fn old(&self) -> &TableName;
}

/// Drops a ghost or changelog table that carries this run's mark.
pub async fn drop_ours(session: &mut Session, name: &TableName, mark: &str) -> Result<Dropped, Failure> {
    drop_with_comment(session, name, mark).await
}

/// Drops a leftover that was judged. A table that came in its place since then stays.
pub async fn drop_leftover(session: &mut Session, leftover: &Droppable) -> Result<Dropped, Failure> {
    drop_with_comment(session, leftover.name(), leftover.comment()).await
}

/// Drops the former source.
pub async fn drop_old(session: &mut Session, proof: &impl SwapProof) -> Result<Dropped, Failure> {
    let name = proof.old();
    if catalog::table_entry(session, name)
        .await
        .map_err(|error| not_dropped(name, &error))?
        .is_none()
    {
        return Ok(Dropped::WasGone);
    }
    drop_table(session, name).await
}

async fn drop_with_comment(
    session: &mut Session,
    name: &TableName,
    comment: &str,
) -> Result<Dropped, Failure> {
    let entry = catalog::table_entry(session, name)
        .await
        .map_err(|error| not_dropped(name, &error))?;
    match entry {
        None => Ok(Dropped::WasGone),
        Some(entry) if entry.comment == comment && entry.kind == "BASE TABLE" => {
            drop_table(session, name).await
        }
        Some(entry) => Err(Failure::failed(format!(
            "{name} is not the table that this run made; it is left alone."
        ))
        .detail(format!("expected comment '{comment}', found '{}'", entry.comment))
        .hint("Somebody replaced or altered it. Look at it before you drop it.")),
    }
}

async fn drop_table(session: &mut Session, name: &TableName) -> Result<Dropped, Failure> {
    match session.exec(&format!("DROP TABLE IF EXISTS {name}")).await {
        Ok(_) => Ok(Dropped::Now),
        Err(error) => Err(not_dropped(name, &error)),
    }
}

fn not_dropped(name: &TableName, error: &SqlError) -> Failure {
    error
        .failure(format!("{name} could not be dropped."))
        .hint(format!("Clean up with: DROP TABLE {name};"))
}

/// Which helper tables are on the server, for the `state:` lines of a run that ended early.
pub async fn left(session: &mut Session, helpers: &Helpers) -> Result<Vec<(Role, TableName)>, SqlError> {
    let mut found = Vec::new();
    for (role, name) in helpers.each() {
        if catalog::table_entry(session, name).await?.is_some() {
            found.push((role, name.clone()));
        }
    }
    Ok(found)
}

/// What is left, and the SQL that cleans it up, one line each. The old table is not offered for dropping: it holds rows
/// of the application's.
pub fn leftovers_hint(left: &[(Role, TableName)]) -> Vec<String> {
    let mut lines: Vec<String> = left
        .iter()
        .map(|(role, name)| format!("{name} is left ({}).", role.word()))
        .collect();
    let ours: Vec<String> = left
        .iter()
        .filter(|(role, _)| *role != Role::Old)
        .map(|(_, name)| name.to_string())
        .collect();
    if !ours.is_empty() {
        lines.push(format!("To clean up: DROP TABLE {};", ours.join(", ")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_old_table_is_not_offered_for_dropping() {
        let name = |table: &str| TableName::new("s", table);
        let left = [
            (Role::Ghost, name("_t_gho")),
            (Role::Changelog, name("_t_ghc")),
            (Role::Old, name("_t_del")),
        ];
        let lines = leftovers_hint(&left);
        assert_eq!(lines.len(), 4);
        assert_eq!(
            lines.last().unwrap(),
            "To clean up: DROP TABLE `s`.`_t_gho`, `s`.`_t_ghc`;"
        );
        assert!(leftovers_hint(&[]).is_empty());
    }
}
