//! The table to change: what it is made of, and what of that stands against changing it.

use crate::error::Failure;
use crate::mysql::catalog::{self, ForeignKeys, TableEntry};
use crate::mysql::{Session, SqlError};
use crate::schema::{Table, TableName, same_name};

/// Names that differ from a wrong one by at most so many edits are offered.
const EDITS_MAX: usize = 3;
/// Of them, so many at most.
const SUGGESTIONS_MAX: usize = 3;

/// Schemas of the server's own.
const SYSTEM_SCHEMAS: &[&str] = &[
    "information_schema",
    "mysql",
    "ndbinfo",
    "performance_schema",
    "sys",
];

/// The source, with what hangs on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The table itself.
    pub table: Table,
    /// Foreign keys from it and to it.
    pub foreign_keys: ForeignKeys,
    /// Its triggers, as `name (BEFORE INSERT)`.
    pub triggers: Vec<String>,
}

impl Source {
    /// What about the table itself stands against a run. What hangs on it is for
    /// [`Attached`](super::Attached) to judge.
    pub fn problems(&self) -> Vec<Failure> {
        engine_problem(&self.table.name, &self.table.engine)
            .into_iter()
            .collect()
    }

    /// Whether the definition is still what it was, with what hangs on it. The AUTO_INCREMENT counter does not count.
    pub fn is_as(&self, before: &Self) -> bool {
        let same = self.foreign_keys == before.foreign_keys && self.triggers == before.triggers;
        same && self.table.engine == before.table.engine && structure(self) == structure(before)
    }

    /// What does not stand against a run and should be known.
    pub fn notes(&self) -> Vec<String> {
        if self.foreign_keys.complete {
            return Vec::new();
        }
        vec![format!(
            "Foreign keys to {} from schemas on which this account has no privilege cannot be seen without PROCESS; \
             after the swap they would refer to the old table.",
            self.table.name
        )]
    }
}

/// What SHOW CREATE TABLE says, without the AUTO_INCREMENT counter.
fn structure(source: &Source) -> String {
    let text = &source.table.create_sql;
    match text.split_once(" AUTO_INCREMENT=") {
        Some((before, after)) => format!(
            "{before}{}",
            after.trim_start_matches(|c: char| c.is_ascii_digit())
        ),
        None => text.clone(),
    }
}

fn engine_problem(name: &TableName, engine: &str) -> Option<Failure> {
    if engine.eq_ignore_ascii_case("InnoDB") {
        return None;
    }
    let what = format!("{name} is a table of engine {engine}; ghost-rs reads consistently from InnoDB only.");
    Some(Failure::refused(what).hint("ALTER TABLE … ENGINE=InnoDB first; that has to be a native ALTER."))
}

/// Reads the source. A name that is no base table's is refused here, since nothing else could be said of it; what else
/// stands against a run is for [`Source::problems`].
pub async fn source(session: &mut Session, name: &TableName) -> Result<Source, Failure> {
    if SYSTEM_SCHEMAS
        .iter()
        .any(|system| same_name(system, &name.schema))
    {
        let what = format!("{name} is in a schema of the server's own; these tables are not for altering.");
        return Err(Failure::refused(what));
    }
    let failed = |error: SqlError| error.failure(format!("What {name} is made of could not be read."));
    let entry = match catalog::table_entry(session, name).await.map_err(failed)? {
        None => return Err(no_such_table(session, name).await.map_err(failed)?),
        Some(entry) if entry.kind != "BASE TABLE" => return Err(not_a_table(&entry)),
        Some(entry) => entry,
    };
    let foreign_keys = catalog::foreign_keys(session, &entry.name)
        .await
        .map_err(failed)?;
    let triggers = catalog::triggers(session, &entry.name).await.map_err(failed)?;
    Ok(Source {
        table: fill(session, entry).await.map_err(failed)?,
        foreign_keys,
        triggers,
    })
}

/// Reads a table that is known to exist; `None` if it does not.
pub async fn table(session: &mut Session, name: &TableName) -> Result<Option<Table>, SqlError> {
    match catalog::table_entry(session, name).await? {
        None => Ok(None),
        Some(entry) => Ok(Some(fill(session, entry).await?)),
    }
}

async fn fill(session: &mut Session, entry: TableEntry) -> Result<Table, SqlError> {
    let columns = catalog::columns(session, &entry.name).await?;
    let unique_keys = catalog::unique_keys(session, &entry.name).await?;
    let create_sql = catalog::show_create(session, &entry.name).await?;
    Ok(Table {
        name: entry.name,
        engine: entry.engine,
        columns,
        unique_keys,
        comment: entry.comment,
        auto_increment: entry.auto_increment,
        rows_estimate: entry.rows_estimate,
        row_bytes_estimate: entry.row_bytes_estimate,
        bytes: entry.bytes,
        create_sql,
    })
}

fn not_a_table(entry: &TableEntry) -> Failure {
    let what = format!("{} is a {}, not a table.", entry.name, entry.kind.to_lowercase());
    Failure::refused(what).hint("Name the table behind it.")
}

async fn no_such_table(session: &mut Session, name: &TableName) -> Result<Failure, SqlError> {
    let schemas = catalog::schema_names(session).await?;
    if !schemas.iter().any(|schema| same_name(schema, &name.schema)) {
        let failure = Failure::refused(format!(
            "There is no schema `{}`, or this account may not see it.",
            name.schema
        ));
        return Ok(with_suggestions(failure, &name.schema, &schemas));
    }
    let failure = Failure::refused(format!(
        "There is no table {name}, or this account may not see it."
    ))
    .hint("A TEMPORARY table cannot be seen from another session, nor changed by one.");
    Ok(with_suggestions(
        failure,
        &name.table,
        &catalog::table_names(session, &name.schema).await?,
    ))
}

fn with_suggestions(failure: Failure, wrong: &str, names: &[String]) -> Failure {
    let near = near(wrong, names);
    if near.is_empty() {
        failure
    } else {
        failure.detail(format!("near names: {}", near.join(", ")))
    }
}

/// The names nearest to a wrong one, nearest first.
fn near<'a>(wrong: &str, names: &'a [String]) -> Vec<&'a str> {
    let wrong = wrong.to_lowercase();
    let budget = EDITS_MAX.min(wrong.chars().count() / 2);
    let mut found: Vec<(usize, &str)> = names
        .iter()
        .map(|name| (edits(&wrong, &name.to_lowercase()), name.as_str()))
        .filter(|(edits, _)| *edits <= budget)
        .collect();
    found.sort_unstable();
    found
        .into_iter()
        .take(SUGGESTIONS_MAX)
        .map(|(_, name)| name)
        .collect()
}

/// Levenshtein's distance.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        for ((to, above), diagonal) in b.iter().zip(row.iter().skip(1)).zip(&row) {
            let left = next.last().copied().unwrap_or(0);
            let replaced = diagonal + usize::from(*to != from);
            next.push(replaced.min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (a, b, expected) in [
            ("", "abc", 3),
            ("orders", "order", 1),
            ("kitten", "sitting", 3),
            ("a", "a", 0),
        ] {
            assert_eq!(edits(a, b), expected, "{a} {b}");
        }
    }

    #[test]
    fn suggestions_are_near_and_few() {
        let names: Vec<String> = ["orders", "order_items", "Order", "customers"]
            .map(str::to_owned)
            .into();
        assert_eq!(near("ordrs", &names), ["orders", "Order"]);
        assert!(near("x", &names).is_empty());
    }

    /// A plain table `shop`.`orders`.
    pub fn source() -> Source {
        let table = Table {
            name: TableName::new("shop", "orders"),
            engine: "InnoDB".into(),
            columns: vec![],
            unique_keys: vec![],
            comment: String::new(),
            auto_increment: None,
            rows_estimate: 0,
            row_bytes_estimate: 0,
            bytes: 0,
            create_sql: String::new(),
        };
        Source {
            table,
            foreign_keys: ForeignKeys {
                seen: vec![],
                complete: true,
            },
            triggers: vec![],
        }
    }

    #[test]
    fn only_innodb() {
        let mut bad = source();
        assert!(bad.problems().is_empty() && bad.notes().is_empty());
        bad.table.engine = "MyISAM".into();
        bad.foreign_keys.complete = false;
        assert!(bad.problems()[0].what.contains("MyISAM"));
        assert_eq!(bad.notes().len(), 1);
    }
}
