//! Which column of the source feeds which column of the ghost.
//!
//! A column feeds the one of its name, unless the ALTER drops or renames it. Every column must be explained: one that vanished without
//! a DROP, or appeared without an ADD, may be a rename that we did not see, and a rename not seen loses a column's values.

use super::supplied::{self, Supply};
use crate::alter::{Alter, Rename};
use crate::error::Failure;
use crate::schema::{Column, Table, same_name};

/// What the user and the server's settings say about columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// `--approve-renamed-columns`: renames were looked at and are meant.
    pub approve_renamed_columns: bool,
    /// `--skip-renamed-columns`: a renamed column starts empty; the old one's values go.
    pub skip_renamed_columns: bool,
    /// Our sessions' `sql_mode` is strict and has `NO_ZERO_DATE`.
    pub no_zero_date: bool,
}

/// The columns of the two tables, matched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnMap {
    /// (source column, ghost column that gets its values), in the source's order. No generated column of the ghost.
    pub pairs: Vec<(Column, Column)>,
    /// Columns of the source whose values go.
    pub dropped: Vec<String>,
    /// Columns of the ghost that no source column feeds, generated ones too.
    pub added: Vec<String>,
    /// Generated columns of the ghost that are in both tables: the server computes them.
    pub computed: Vec<String>,
    /// Renames that are followed.
    pub renamed: Vec<Rename>,
    /// Values to write into ghost columns that no source column feeds: what the server's own ALTER fills in.
    pub supplied: Vec<(Column, Supply)>,
    /// A column that is AUTO_INCREMENT only in the ghost. The server's own ALTER numbers its rows that hold 0 anew,
    /// an INSERT under `NO_AUTO_VALUE_ON_ZERO` does not: the source must hold no 0 there.
    pub becomes_auto_increment: Option<String>,
}

impl ColumnMap {
    /// The ghost column that a source column feeds.
    pub fn ghost_of(&self, source_column: &str) -> Option<&Column> {
        self.pairs
            .iter()
            .find(|(source, _)| same_name(&source.name, source_column))
            .map(|(_, ghost)| ghost)
    }
}

/// Matches the columns, or says why they cannot be matched.
pub fn columns(source: &Table, ghost: &Table, alter: &Alter, wishes: Wishes) -> Result<ColumnMap, Failure> {
    if let Some(failure) = alter.refusal() {
        return Err(failure);
    }
    let renames = alter.renames();
    check_approval(&renames, wishes)?;
    check_text(source, ghost, alter, &renames)?;
    let matched = match_up(source, ghost, alter, &renames, wishes)?;
    finish(source, ghost, matched, wishes)
}

fn check_approval(renames: &[Rename], wishes: Wishes) -> Result<(), Failure> {
    if renames.is_empty() || wishes.approve_renamed_columns || wishes.skip_renamed_columns {
        return Ok(());
    }
    let failure = Failure::refused("the ALTER renames columns").hint(
        "If it keeps the values of the column under the new name as meant, say --approve-renamed-columns; \
         to leave the new column empty instead, say --skip-renamed-columns.",
    );
    Err(renames.iter().fold(failure, |so_far, rename| {
        so_far.detail(format!("`{}` becomes `{}`", rename.from, rename.to))
    }))
}

/// Every column that the text speaks of must be where the text puts it.
fn check_text(source: &Table, ghost: &Table, alter: &Alter, renames: &[Rename]) -> Result<(), Failure> {
    let mut wrong = Vec::new();
    for rename in renames {
        if source.column(&rename.from).is_none() {
            wrong.push(format!(
                "`{}` is renamed, but is no column of {}",
                rename.from, source.name
            ));
        }
        if ghost.column(&rename.to).is_none() {
            wrong.push(format!(
                "`{}` is renamed to `{}`, but the altered table has no such column",
                rename.from, rename.to
            ));
        }
    }
    for name in alter
        .dropped_columns()
        .into_iter()
        .filter(|name| source.column(name).is_none())
    {
        wrong.push(format!(
            "`{name}` is dropped, but is no column of {}",
            source.name
        ));
    }
    for name in alter
        .added_columns()
        .into_iter()
        .filter(|name| ghost.column(name).is_none())
    {
        wrong.push(format!(
            "`{name}` is added, but the altered table has no such column"
        ));
    }
    disagreement(wrong)
}

fn disagreement(wrong: Vec<String>) -> Result<(), Failure> {
    if wrong.is_empty() {
        return Ok(());
    }
    let failure = Failure::refused("the ALTER's text and the table that it makes do not agree about columns")
        .hint(
            "Write each rename as RENAME COLUMN a TO b and each new column as ADD COLUMN, one clause each.",
        );
    Err(wrong.into_iter().fold(failure, Failure::detail))
}

struct Matched {
    pairs: Vec<(Column, Column)>,
    dropped: Vec<String>,
    renamed: Vec<Rename>,
}

fn match_up(
    source: &Table,
    ghost: &Table,
    alter: &Alter,
    renames: &[Rename],
    wishes: Wishes,
) -> Result<Matched, Failure> {
    let mut matched = Matched {
        pairs: Vec::new(),
        dropped: Vec::new(),
        renamed: Vec::new(),
    };
    let mut wrong = Vec::new();
    for column in &source.columns {
        let rename = renames
            .iter()
            .find(|rename| same_name(&rename.from, &column.name));
        let gone = alter
            .dropped_columns()
            .iter()
            .any(|name| same_name(name, &column.name));
        let target = if gone {
            None
        } else {
            target(ghost, alter, renames, wishes, column)
        };
        match target {
            Some(target) => {
                matched.renamed.extend(rename.cloned());
                matched.pairs.push((column.clone(), target.clone()));
            }
            None if gone || rename.is_some() => matched.dropped.push(column.name.clone()),
            None => wrong.push(format!("`{}` is gone without a DROP or a rename", column.name)),
        }
    }
    wrong.extend(
        ghost
            .columns
            .iter()
            .filter_map(|column| unexplained(column, &matched, alter, renames)),
    );
    disagreement(wrong).map(|()| matched)
}

/// The ghost column that a source column which is not dropped feeds.
fn target<'a>(
    ghost: &'a Table,
    alter: &Alter,
    renames: &[Rename],
    wishes: Wishes,
    column: &Column,
) -> Option<&'a Column> {
    match renames
        .iter()
        .find(|rename| same_name(&rename.from, &column.name))
    {
        Some(rename) if wishes.skip_renamed_columns && !same_name(&rename.from, &rename.to) => None,
        Some(rename) => ghost.column(&rename.to),
        // The name may belong to another column now: one that is added, or renamed to it.
        None if is_taken(&column.name, alter, renames) => None,
        None => ghost.column(&column.name),
    }
}

/// What is wrong with a ghost column's origin.
fn unexplained(column: &Column, matched: &Matched, alter: &Alter, renames: &[Rename]) -> Option<String> {
    let fed = matched
        .pairs
        .iter()
        .filter(|(_, target)| same_name(&target.name, &column.name))
        .count();
    match fed {
        0 if is_taken(&column.name, alter, renames) => None,
        0 => Some(format!("`{}` is there without an ADD or a rename", column.name)),
        1 => None,
        _ => Some(format!(
            "`{}` would get the values of more than one column",
            column.name
        )),
    }
}

fn is_taken(name: &str, alter: &Alter, renames: &[Rename]) -> bool {
    let added = alter
        .added_columns()
        .into_iter()
        .any(|added| same_name(added, name));
    added || renames.iter().any(|rename| same_name(&rename.to, name))
}

fn finish(source: &Table, ghost: &Table, matched: Matched, wishes: Wishes) -> Result<ColumnMap, Failure> {
    let Matched {
        pairs,
        dropped,
        renamed,
    } = matched;
    let is_fed = |column: &&Column| {
        pairs
            .iter()
            .any(|(_, target)| same_name(&target.name, &column.name))
    };
    let unfed: Vec<&Column> = ghost.columns.iter().filter(|column| !is_fed(column)).collect();
    let supplied = supplied::supplied(ghost, &unfed, wishes.no_zero_date)?;
    let added = unfed.iter().map(|column| column.name.clone()).collect();
    let (written, computed): (Vec<_>, Vec<_>) = pairs
        .into_iter()
        .partition(|(_, target)| target.generated.is_none());
    if written.is_empty() {
        return Err(Failure::refused(format!(
            "no column of {} would keep its values",
            source.name
        )));
    }
    let becomes_auto_increment = becomes_auto_increment(&written)?;
    Ok(ColumnMap {
        pairs: written,
        dropped,
        added,
        computed: computed.into_iter().map(|(_, target)| target.name).collect(),
        renamed,
        supplied,
        becomes_auto_increment,
    })
}

fn becomes_auto_increment(pairs: &[(Column, Column)]) -> Result<Option<String>, Failure> {
    let found = pairs
        .iter()
        .find(|(source, ghost)| ghost.auto_increment && !source.auto_increment);
    match found {
        Some((source, _)) if source.nullable => Err(Failure::refused(format!(
            "`{}` may hold NULL and becomes AUTO_INCREMENT",
            source.name
        ))
        .detail("the server would number such rows in an order of its own")
        .hint("Fill the column and make it NOT NULL first.")),
        found => Ok(found.map(|(source, _)| source.name.clone())),
    }
}
