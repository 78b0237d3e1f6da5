//! What stands under our names before we begin: by whom it was made, and whether it may go.

use super::{Helpers, Role};
use crate::error::Failure;
use crate::inspect::together;
use crate::mysql::catalog::{self, TableEntry};
use crate::mysql::{Session, SqlError};
use crate::plan::mark::Mark;
use crate::schema::TableName;

/// A table that is in our way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// For which purpose we would want its name.
    pub role: Role,
    /// Its name.
    pub name: TableName,
    /// It carries a mark of ours, of an earlier run on the same table. None can be alive: the guard is held.
    pub ours: bool,
    /// Its comment.
    pub comment: String,
    /// The engine's estimate.
    pub rows_estimate: u64,
}

/// What the user allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    /// `--initially-drop-ghost-table`: the ghost, and the changelog that belongs to it.
    pub ghost: bool,
    /// `--initially-drop-old-table`.
    pub old: bool,
    /// A dry run drops nothing that it did not make, whatever else is allowed.
    pub dry_run: bool,
}

/// A leftover of ours that the user allowed to drop. Made by [`judge`] only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Droppable {
    leftover: Leftover,
}

impl Droppable {
    /// The table.
    pub fn name(&self) -> &TableName {
        &self.leftover.name
    }

    /// The comment it carried when it was judged. One with another comment is another table.
    pub fn comment(&self) -> &str {
        &self.leftover.comment
    }
}

/// Looks for tables under our names. `is_ours` tells from a comment whether it is the mark of a run on this source: with
/// `--force-table-names` the runs of two tables may want the same names, and the other one may be alive.
pub async fn leftovers(
    session: &mut Session,
    helpers: &Helpers,
    is_ours: impl Fn(&str) -> bool,
) -> Result<Vec<Leftover>, Failure> {
    let failed =
        |error: SqlError| error.failure("It could not be seen whether the helper tables' names are free.");
    let mut found = Vec::new();
    for (role, name) in helpers.each() {
        let entry = catalog::table_entry(session, name).await.map_err(failed)?;
        found.extend(entry.map(|entry| leftover(role, entry, &is_ours)));
    }
    Ok(found)
}

fn leftover(role: Role, entry: TableEntry, is_ours: impl Fn(&str) -> bool) -> Leftover {
    let ours = entry.kind == "BASE TABLE" && is_ours(&entry.comment);
    Leftover {
        role,
        name: entry.name,
        ours,
        comment: entry.comment,
        rows_estimate: entry.rows_estimate,
    }
}

/// What may be dropped, or all that may not.
pub fn judge(found: Vec<Leftover>, allowed: Allowed) -> Result<Vec<Droppable>, Failure> {
    let problems = found
        .iter()
        .filter_map(|leftover| leftover.problem(allowed))
        .collect();
    together("Names that the run needs are taken.", problems)?;
    Ok(found.into_iter().map(|leftover| Droppable { leftover }).collect())
}

impl Leftover {
    fn problem(&self, allowed: Allowed) -> Option<Failure> {
        if !self.ours {
            return Some(self.not_ours());
        }
        let (flag, given) = match self.role {
            Role::Ghost | Role::Changelog => ("--initially-drop-ghost-table", allowed.ghost),
            Role::Old => ("--initially-drop-old-table", allowed.old),
        };
        let what = format!(
            "{} is left from an earlier run ({}).",
            self.name,
            self.role.word()
        );
        if allowed.dry_run {
            let hint =
                format!("A dry run drops nothing. Look at it and drop it, or run with --execute and {flag}.");
            return Some(self.described(what).hint(hint));
        }
        (!given).then(|| {
            self.described(what)
                .hint(format!("Add {flag} to have it dropped first."))
        })
    }

    fn not_ours(&self) -> Failure {
        let what = match Mark::parse(&self.comment) {
            Some(mark) => format!(
                "{} belongs to a run on another table, {}, so it is left alone.",
                self.name, mark.of
            ),
            None => format!(
                "{} exists and was not made by ghost-rs, so it is left alone.",
                self.name
            ),
        };
        self.described(what).hint(format!(
            "The run needs this name for its {}: rename that table.",
            self.role.word()
        ))
    }

    fn described(&self, what: String) -> Failure {
        Failure::refused(what).detail(format!(
            "about {} rows, comment '{}'",
            self.rows_estimate, self.comment
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leftover(role: Role, ours: bool) -> Leftover {
        Leftover {
            role,
            name: TableName::new("s", "_t_x"),
            ours,
            comment: "c".into(),
            rows_estimate: 5,
        }
    }

    const EVERYTHING: Allowed = Allowed {
        ghost: true,
        old: true,
        dry_run: false,
    };

    #[test]
    fn what_is_not_ours_stays_whatever_is_allowed() {
        let failure = judge(vec![leftover(Role::Ghost, false)], EVERYTHING).unwrap_err();
        assert!(failure.what.contains("not made by ghost-rs"), "{failure}");
        assert_eq!(failure.detail, ["about 5 rows, comment 'c'"]);
    }

    #[test]
    fn what_belongs_to_another_table_stays() {
        let mut other = leftover(Role::Ghost, false);
        other.comment = "ghost-rs ghost of `s`.`u` run 1".into();
        let failure = judge(vec![other], EVERYTHING).unwrap_err();
        assert!(failure.what.contains("another table, `s`.`u`"), "{failure}");
    }

    #[test]
    fn each_flag_allows_its_own() {
        for role in [Role::Ghost, Role::Changelog, Role::Old] {
            let allowed = Allowed {
                ghost: role != Role::Old,
                old: role == Role::Old,
                dry_run: false,
            };
            let other = Allowed {
                ghost: role == Role::Old,
                old: role != Role::Old,
                dry_run: false,
            };
            assert_eq!(judge(vec![leftover(role, true)], allowed).unwrap().len(), 1);
            let failure = judge(vec![leftover(role, true)], other).unwrap_err();
            assert!(failure.hint.unwrap().contains("--initially-drop-"));
        }
    }

    #[test]
    fn a_dry_run_drops_nothing() {
        let failure = judge(
            vec![leftover(Role::Old, true)],
            Allowed {
                dry_run: true,
                ..EVERYTHING
            },
        )
        .unwrap_err();
        assert!(failure.hint.unwrap().contains("A dry run drops nothing"));
    }

    #[test]
    fn all_are_named_at_once() {
        let found = vec![leftover(Role::Ghost, true), leftover(Role::Old, false)];
        let failure = judge(found, Allowed::default()).unwrap_err();
        assert!(failure.what.contains("2 reasons"), "{failure}");
    }
}
