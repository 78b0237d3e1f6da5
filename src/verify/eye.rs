//! Looking: the only part that asks the server. Reads, and fills a temporary table where values have to be converted.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::{
    Depth, Difference, Part, canonical,
    difference::{Cell, Kind, SHOWN_MAX},
    sql::{self, Rows},
    subject::{Added, Compared, Subject},
};
use crate::{
    error::Failure,
    key::Key,
    mysql::{Row, Session, Sessions, SqlError},
    schema::quote_ident,
};

/// What a look at a part found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartSeen {
    /// Rows of the first table.
    pub rows: u64,
    /// Keys that differed; each wants a look of its own.
    pub differing: Vec<Key>,
    /// Time of the statements.
    pub took: Duration,
}

/// A session's state of looking: whether it has its temporary table yet. It belongs to one session.
#[derive(Debug, Default)]
pub struct Eye {
    made: bool,
}

impl Eye {
    /// Makes what a look may need, ahead of time.
    pub async fn open(&mut self, session: &mut Session, subject: &Subject) -> Result<(), SqlError> {
        match &subject.converted {
            Some(converted) if !self.made => {
                let drop = format!("DROP TEMPORARY TABLE IF EXISTS {}", converted.table);
                session.exec(&drop).await?;
                session.exec(&sql::make_converted(subject, converted)).await?;
                self.made = true;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The end of the part of so many rows that begins behind `after`; `None`: it is the last one.
    pub async fn boundary(
        &mut self,
        session: &mut Session,
        subject: &Subject,
        after: Option<&Key>,
        rows: u64,
    ) -> Result<Option<Key>, SqlError> {
        let row = session.one(&sql::boundary(subject, after, rows)).await?;
        row.map(|row| key(subject, &row.0)).transpose()
    }

    /// Compares a part; where it differs, by keys.
    pub async fn part(
        &mut self,
        session: &mut Session,
        subject: &Subject,
        part: &Part,
        depth: Depth,
    ) -> Result<PartSeen, SqlError> {
        let begun = Instant::now();
        let rows = Rows::Part(part);
        if depth == Depth::Columns {
            self.convert(session, subject, &rows).await?;
        }
        let digests = session.rows(&sql::digest(subject, part, depth)).await?;
        let of = |side: u64| digests.iter().find(|row| row.u64(0) == Some(side));
        let (Some(first), Some(second)) = (of(0), of(1)) else {
            return Err(SqlError::unreadable("the server gave no digest of a part"));
        };
        let same = (1..3).all(|place| first.bytes(place) == second.bytes(place));
        let differing = if same {
            Vec::new()
        } else {
            differing(subject, session.rows(&sql::list(subject, &rows, depth)).await?)?
                .into_iter()
                .map(|(key, _)| key)
                .collect()
        };
        Ok(PartSeen {
            rows: first.u64(1).unwrap_or_default(),
            differing,
            took: begun.elapsed(),
        })
    }

    /// Compares rows by key, and says how those differ that do.
    pub async fn keys(
        &mut self,
        session: &mut Session,
        subject: &Subject,
        keys: &[Key],
        depth: Depth,
    ) -> Result<Vec<Difference>, SqlError> {
        let rows = Rows::Keys(keys);
        if depth == Depth::Columns {
            self.convert(session, subject, &rows).await?;
        }
        let found = differing(subject, session.rows(&sql::list(subject, &rows, depth)).await?)?;
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let looked: Vec<Key> = found.iter().map(|(key, _)| key.clone()).take(SHOWN_MAX).collect();
        let mut cells = match depth {
            Depth::Columns => self.cells(session, subject, &looked).await?,
            Depth::Presence => BTreeMap::new(),
        };
        Ok(found
            .into_iter()
            .map(|(key, kind)| {
                let kind = match (kind, cells.remove(&key)) {
                    (Kind::Unseen, Some(cells)) if !cells.is_empty() => Kind::Columns(cells),
                    (kind, _) => kind,
                };
                Difference {
                    name: subject.key.display(&key),
                    key,
                    kind,
                }
            })
            .collect())
    }

    async fn convert(
        &mut self,
        session: &mut Session,
        subject: &Subject,
        rows: &Rows<'_>,
    ) -> Result<(), SqlError> {
        self.open(session, subject).await?;
        let Some(converted) = &subject.converted else {
            return Ok(());
        };
        session.exec(&format!("DELETE FROM {}", converted.table)).await?;
        session.exec(&sql::convert(subject, converted, rows)).await?;
        Ok(())
    }

    /// The columns in which rows differ.
    async fn cells(
        &mut self,
        session: &mut Session,
        subject: &Subject,
        keys: &[Key],
    ) -> Result<BTreeMap<Key, Vec<Cell>>, SqlError> {
        self.convert(session, subject, &Rows::Keys(keys)).await?;
        let width = subject.key.columns().len();
        let mut rows: BTreeMap<Key, [Option<Row>; 2]> = BTreeMap::new();
        for row in session.rows(&sql::explain(subject, keys)).await? {
            let side = usize::from(row.u64(0) == Some(1));
            let key = key(subject, row.0.get(1..=width).unwrap_or_default())?;
            if let Some(place) = rows.entry(key).or_default().get_mut(side) {
                *place = Some(row);
            }
        }
        Ok(rows
            .into_iter()
            .map(|(key, sides)| (key, unequal(&subject.columns, &sides, 1 + width)))
            .collect())
    }
}

fn unequal(columns: &[Compared], sides: &[Option<Row>; 2], from: usize) -> Vec<Cell> {
    let [Some(first), Some(second)] = sides else {
        return Vec::new();
    };
    columns
        .iter()
        .enumerate()
        .map(|(number, column)| (from + 2 * number, column))
        .filter(|(place, _)| first.bytes(*place) != second.bytes(*place))
        .map(|(place, column)| Cell {
            column: column.name.clone(),
            expected: first.text(place + 1),
            found: second.text(place + 1),
        })
        .collect()
}

/// Keys whose rows are not the same on both sides, each with what is known already.
fn differing(subject: &Subject, rows: Vec<Row>) -> Result<Vec<(Key, Kind)>, SqlError> {
    let mut seen: BTreeMap<Key, [Vec<Vec<u8>>; 2]> = BTreeMap::new();
    for row in rows {
        let key = key(subject, row.0.get(2..).unwrap_or_default())?;
        let Some(hash) = row.bytes(1) else {
            let name = subject.key.display(&key);
            return Err(SqlError::unreadable(format!(
                "the server could not hash the row {name}; a value may be larger than max_allowed_packet"
            )));
        };
        let side = usize::from(row.u64(0) == Some(1));
        if let Some(hashes) = seen.entry(key).or_default().get_mut(side) {
            hashes.push(hash.to_vec());
        }
    }
    Ok(seen
        .into_iter()
        .filter(|(_, [first, second])| first != second)
        .map(|(key, [first, second])| {
            let kind = match (first.len(), second.len()) {
                (_, 0) => Kind::Missing,
                (first, second) if second > first => Kind::Extra,
                _ => Kind::Unseen,
            };
            (key, kind)
        })
        .collect())
}

fn key(subject: &Subject, row: &[Option<Vec<u8>>]) -> Result<Key, SqlError> {
    subject
        .key
        .from_row(row)
        .map_err(|error| SqlError::unreadable(error.to_string()))
}

/// Finds out what the columns hold that nothing feeds: the server assigns value or DEFAULT to one row of a temporary
/// table. To be called once, before the first look.
pub async fn resolve(subject: &mut Subject, sessions: &Sessions) -> Result<(), Failure> {
    if subject.added.is_empty() {
        return Ok(());
    }
    let mut session = sessions.open("verify").await?;
    let added = std::mem::take(&mut subject.added);
    let result = resolved(&mut session, subject, &added).await;
    session.close().await;
    result.map_err(|error| {
        error.failure("The values of new columns could not be found out for the verification.")
    })
}

async fn resolved(session: &mut Session, subject: &mut Subject, added: &[Added]) -> Result<(), SqlError> {
    let computed = computed_defaults(session, subject).await?;
    let (alone, known): (Vec<_>, Vec<_>) = added
        .iter()
        .partition(|added| added.value.is_none() && computed.contains(&added.column.name.to_lowercase()));
    subject.uncompared.extend(
        alone
            .iter()
            .map(|added| format!("`{}`, whose DEFAULT is an expression", added.column.name)),
    );
    if known.is_empty() {
        return Ok(());
    }
    let table = subject.second.table.sibling("_ghost_rs_defaults");
    let names: Vec<String> = known
        .iter()
        .map(|added| quote_ident(&added.column.name))
        .collect();
    session
        .exec(&format!("DROP TEMPORARY TABLE IF EXISTS {table}"))
        .await?;
    session
        .exec(&defaults_table(subject, &table.to_string(), &names))
        .await?;
    let values: Vec<&str> = known
        .iter()
        .map(|added| added.value.as_deref().unwrap_or("DEFAULT"))
        .collect();
    let insert = format!(
        "INSERT INTO {table} ({}) VALUES ({})",
        names.join(", "),
        values.join(", ")
    );
    session.exec(&insert).await?;
    for added in known {
        let column = constant(session, &table.to_string(), added).await?;
        subject.columns.push(column);
    }
    session.exec(&format!("DROP TEMPORARY TABLE {table}")).await?;
    Ok(())
}

fn defaults_table(subject: &Subject, table: &str, names: &[String]) -> String {
    format!(
        "CREATE TEMPORARY TABLE {table} (ghost_rs_row INT PRIMARY KEY AUTO_INCREMENT) AS SELECT {} FROM {} WHERE FALSE",
        names.join(", "),
        subject.second.table
    )
}

/// A column with one value: on the first table's side stand its bytes.
async fn constant(session: &mut Session, table: &str, added: &Added) -> Result<Compared, SqlError> {
    let name = &added.column.name;
    let second = canonical::fields(&added.column, name);
    let shown = canonical::shown(&added.column, name);
    let row = session
        .one(&format!("SELECT {}, {shown} FROM {table}", second.join(", ")))
        .await?
        .unwrap_or_default();
    let literal = |place: usize| {
        let bytes = row.bytes(place).unwrap_or_default();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("_binary X'{hex}'")
    };
    let text = row.bytes(second.len()).map(|_| literal(second.len()));
    Ok(Compared {
        name: name.clone(),
        first: (0..second.len()).map(literal).collect(),
        shown: [text.unwrap_or_else(|| "NULL".to_owned()), shown],
        second,
    })
}

/// Columns of the second table whose DEFAULT is an expression.
async fn computed_defaults(session: &mut Session, subject: &Subject) -> Result<Vec<String>, SqlError> {
    let table = &subject.second.table;
    let sql = format!(
        "SELECT LOWER(COLUMN_NAME) FROM information_schema.COLUMNS \
         WHERE TABLE_SCHEMA = {} AND TABLE_NAME = {} AND EXTRA LIKE '%DEFAULT\\_GENERATED%'",
        crate::sql::text(&table.schema),
        crate::sql::text(&table.table)
    );
    let rows = session.rows(&sql).await?;
    Ok(rows.iter().filter_map(|row| row.text(0)).collect())
}
