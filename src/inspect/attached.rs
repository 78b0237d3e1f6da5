//! What hangs on the table: its foreign keys and triggers. Which of them stand against a run depends on what the user
//! wants done about them, and on what the server logs.
//!
//! Rules: a table that others refer to is refused whatever is wished, because the server would let them refer to the
//! old table. A child whose parent changes it by CASCADE or SET NULL is refused where the server does not log that.

use super::table::Source;
use crate::config::Carry;
use crate::error::Failure;
use crate::mysql::catalog::ForeignKey;

/// What is to become of triggers and foreign keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attached {
    /// `--include-triggers`.
    pub include_triggers: bool,
    /// `--discard-foreign-keys`.
    pub discard_foreign_keys: bool,
    /// What CASCADE and SET NULL change is in the server's binlog.
    pub cascades_are_logged: bool,
}

impl Attached {
    /// As the user wishes, on a server that logs cascades or does not.
    pub fn new(carry: &Carry, cascades_are_logged: bool) -> Self {
        Self {
            include_triggers: carry.triggers,
            discard_foreign_keys: carry.discard_foreign_keys,
            cascades_are_logged,
        }
    }

    /// What stands against a copy of the table.
    pub fn problems(self, source: &Source) -> Vec<Failure> {
        [
            parents(source),
            self.cascades(source),
            self.children(source),
            self.triggers(source),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// What the user should know about foreign keys that the new table will not have.
    pub fn notes(self, source: &Source) -> Vec<String> {
        if !self.discard_foreign_keys {
            return Vec::new();
        }
        let discarded = own(source).map(|key| {
            format!(
                "foreign key `{}` is discarded: {}; the old table keeps it, and so binds {} until it is dropped",
                key.name,
                definition(source, &key.name).unwrap_or("its definition cannot be read"),
                key.parent
            )
        });
        discarded.collect()
    }

    fn cascades(self, source: &Source) -> Option<Failure> {
        if self.cascades_are_logged {
            return None;
        }
        let what = format!(
            "Foreign keys change rows of {} by CASCADE or SET NULL, and this server does not log such changes.",
            source.table.name
        );
        let keys = own(source).filter(|key| key.cascades);
        refusal(what, keys).map(|failure| {
            failure.hint("Drop them first, or use the server's own ALTER TABLE. MySQL 9.6 logs them.")
        })
    }

    fn children(self, source: &Source) -> Option<Failure> {
        if self.discard_foreign_keys {
            return None;
        }
        let what = format!(
            "{} has foreign keys, which a copy of it would not have.",
            source.table.name
        );
        // Those that cascade unlogged are refused for that already.
        let keys = own(source).filter(|key| self.cascades_are_logged || !key.cascades);
        refusal(what, keys).map(|failure| {
            failure.hint("Add --discard-foreign-keys if the new table may do without them, and add them again afterwards.")
        })
    }

    fn triggers(self, source: &Source) -> Option<Failure> {
        if source.triggers.is_empty() || self.include_triggers {
            return None;
        }
        let what = format!(
            "{} has triggers, which a copy of it would not have.",
            source.table.name
        );
        let lines = source.triggers.iter().map(|trigger| format!("trigger {trigger}"));
        let failure = Failure::refused(what).hint("Add --include-triggers to have them carried over.");
        Some(lines.fold(failure, Failure::detail))
    }
}

fn parents(source: &Source) -> Option<Failure> {
    let what = format!(
        "Other tables refer to {} by foreign keys; after the swap they would refer to the old table.",
        source.table.name
    );
    let keys = source.foreign_keys.seen.iter();
    refusal(what, keys.filter(|key| !is_own(source, key)))
        .map(|failure| failure.hint("Drop them for the time of the change, if the application allows it."))
}

/// The table's own, to other tables. Whatever is not certainly one of these counts as one from another table.
fn own(source: &Source) -> impl Iterator<Item = &ForeignKey> {
    let keys = source.foreign_keys.seen.iter();
    keys.filter(|key| is_own(source, key))
}

fn is_own(source: &Source, key: &ForeignKey) -> bool {
    key.child == source.table.name && key.parent != source.table.name
}

fn refusal<'a>(what: String, keys: impl Iterator<Item = &'a ForeignKey>) -> Option<Failure> {
    let line = |key: &ForeignKey| format!("`{}`: {} refers to {}", key.name, key.child, key.parent);
    let mut keys = keys.map(line).peekable();
    keys.peek()?;
    Some(keys.fold(Failure::refused(what), Failure::detail))
}

/// The line of SHOW CREATE TABLE that defines a constraint.
fn definition<'a>(source: &'a Source, name: &str) -> Option<&'a str> {
    let begin = format!("CONSTRAINT `{}` FOREIGN KEY", name.replace('`', "``"));
    let mut lines = source.table.create_sql.lines().map(str::trim);
    let line = lines.find(|line| line.starts_with(&begin))?;
    Some(line.trim_end_matches(','))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::table::tests::source;
    use crate::schema::TableName;

    fn key(name: &str, child: &str, parent: &str, cascades: bool) -> ForeignKey {
        ForeignKey {
            name: name.into(),
            child: TableName::new("shop", child),
            parent: TableName::new("shop", parent),
            cascades,
        }
    }

    fn texts(attached: Attached, source: &Source) -> Vec<String> {
        attached
            .problems(source)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    const EVERYTHING: Attached = Attached {
        include_triggers: true,
        discard_foreign_keys: true,
        cascades_are_logged: true,
    };

    #[test]
    fn triggers_want_a_flag() {
        let mut source = source();
        source.triggers = vec!["count (AFTER INSERT)".into()];
        let refused = texts(Attached::default(), &source).concat();
        assert!(refused.contains("trigger count (AFTER INSERT)"), "{refused}");
        assert!(texts(EVERYTHING, &source).is_empty());
    }

    #[test]
    fn a_child_wants_a_flag_and_cascades_a_server_that_logs_them() {
        let mut source = source();
        source.foreign_keys.seen = vec![key("up", "orders", "users", true)];
        for discard_foreign_keys in [false, true] {
            let unlogged = Attached {
                cascades_are_logged: false,
                discard_foreign_keys,
                ..EVERYTHING
            };
            let refused = texts(unlogged, &source);
            assert_eq!(refused.len(), 1, "{refused:?}");
            assert!(refused[0].contains("CASCADE"), "{refused:?}");
        }
        let plain = Attached {
            discard_foreign_keys: false,
            ..EVERYTHING
        };
        assert_eq!(texts(plain, &source).len(), 1);
        assert!(texts(EVERYTHING, &source).is_empty());
        source.foreign_keys.seen = vec![key("up", "orders", "users", false)];
        assert_eq!(texts(Attached::default(), &source).len(), 1);
    }

    #[test]
    fn a_parent_is_refused_whatever_is_wished() {
        for child in ["items", "orders"] {
            let mut source = source();
            source.foreign_keys.seen = vec![key("down", child, "orders", false)];
            let refused = texts(EVERYTHING, &source);
            assert!(
                refused.concat().contains("refers to `shop`.`orders`"),
                "{refused:?}"
            );
        }
    }

    #[test]
    fn what_is_discarded_is_told_with_its_definition() {
        let mut source = source();
        source.foreign_keys.seen = vec![key("a`b", "orders", "users", false)];
        source.table.create_sql =
            "CREATE TABLE `orders` (\n  CONSTRAINT `a``b` FOREIGN KEY (`u`) REFERENCES `users` (`id`),\n)"
                .into();
        let notes = EVERYTHING.notes(&source);
        assert!(
            notes[0].contains("FOREIGN KEY (`u`) REFERENCES `users` (`id`);"),
            "{notes:?}"
        );
    }
}
