//! What is compared: two tables, the key that names a row in both, and the columns. Pure.

use super::canonical;
use crate::{
    key::KeySpec,
    plan::work::KeyText,
    schema::{Column, Table, TableName, quote_ident},
};

/// One of the two tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// The table.
    pub table: TableName,
    /// The index of the key.
    pub index: String,
    /// The key's columns there.
    pub key: Vec<String>,
}

/// A column of the second table, and what it should hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Compared {
    /// Its name, for people.
    pub(super) name: String,
    /// The expressions on the first table, or on the converted rows.
    pub(super) first: Vec<String>,
    /// The expressions on the second.
    pub(super) second: Vec<String>,
    /// The beginning of both values, for people.
    pub(super) shown: [String; 2],
}

/// Where rows of the first table are converted by the server's own assignment before they are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Converted {
    /// A temporary table with the second table's columns.
    pub(super) table: TableName,
    /// Columns of the second table, and what feeds them.
    pub(super) columns: Vec<(String, String)>,
}

/// A column of the second table that has one value in all rows that were there when it was added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Added {
    pub(super) column: Column,
    /// What is written there; `None`: its DEFAULT.
    pub(super) value: Option<String>,
}

/// What is compared. Made once a run.
#[derive(Clone, Debug)]
pub struct Subject {
    pub(super) first: Side,
    pub(super) second: Side,
    pub(super) key: KeySpec,
    /// For each key column: text that the second table compares otherwise.
    pub(super) key_texts: Vec<Option<KeyText>>,
    pub(super) columns: Vec<Compared>,
    pub(super) converted: Option<Converted>,
    pub(super) added: Vec<Added>,
    /// Columns that are not compared, and why.
    pub uncompared: Vec<String>,
    /// Parts of the table by the hash of the key, where the two tables order their keys differently; 0: by ranges.
    pub(super) buckets: u64,
}

/// A column of the first table and the one of the second that it feeds, with the expression that does.
pub struct Pair<'a> {
    /// Of the first table.
    pub from: &'a Column,
    /// Of the second.
    pub to: &'a Column,
    /// What is assigned.
    pub feed: String,
}

/// What a subject is made of.
pub struct Parts<'a> {
    /// The source and where its key is.
    pub first: Side,
    /// The ghost.
    pub second: Side,
    /// The key with the first table's types.
    pub key: KeySpec,
    /// For each key column: text that compares differently in the second table.
    pub key_texts: Vec<Option<KeyText>>,
    /// Columns with values from the first table.
    pub pairs: Vec<Pair<'a>>,
    /// Columns that nothing feeds, with the literal that is written there.
    pub added: Vec<(&'a Column, Option<String>)>,
    /// Rows of the first table, roughly.
    pub rows_estimate: u64,
}

/// Rows of a part where parts are made by hash.
const BUCKET_ROWS: u64 = 200_000;
/// Each of them reads both tables.
const BUCKETS_MAX: u64 = 64;

impl Subject {
    /// Decides column by column how it is compared.
    pub fn new(parts: Parts<'_>) -> Self {
        let direct = |pair: &Pair<'_>| {
            pair.feed == quote_ident(&pair.from.name) && canonical::comparable(pair.from, pair.to)
        };
        let converts = !parts.pairs.iter().all(direct);
        let converted = converts.then(|| Converted {
            table: parts.second.table.sibling("_ghost_rs_converted"),
            columns: parts
                .pairs
                .iter()
                .filter(|pair| pair.to.generated.is_none())
                .map(|pair| (pair.to.name.clone(), pair.feed.clone()))
                .collect(),
        });
        let is_there = |pair: &&Pair<'_>| !converts || pair.to.generated.is_none();
        let columns = parts
            .pairs
            .iter()
            .filter(is_there)
            .map(|pair| compared(pair, converts))
            .collect();
        let by_hash = parts.key_texts.iter().any(Option::is_some);
        Self {
            columns,
            converted,
            added: added(&parts.added),
            uncompared: Vec::new(),
            buckets: if by_hash {
                (1 + parts.rows_estimate / BUCKET_ROWS).min(BUCKETS_MAX)
            } else {
                0
            },
            first: parts.first,
            second: parts.second,
            key: parts.key,
            key_texts: parts.key_texts,
        }
    }

    /// Columns that only the second table has are not compared.
    pub fn leave_out_added(&mut self) {
        self.added.clear();
    }

    /// The key, for messages.
    pub fn key(&self) -> &KeySpec {
        &self.key
    }

    /// The two tables' names.
    pub fn tables(&self) -> [&TableName; 2] {
        [&self.first.table, &self.second.table]
    }

    /// The parts of the whole table, where they are not ranges.
    pub fn whole(&self) -> Vec<super::Part> {
        (0..self.buckets)
            .map(|number| super::Part::Bucket {
                number,
                of: self.buckets,
            })
            .collect()
    }
}

fn compared(pair: &Pair<'_>, converts: bool) -> Compared {
    let (column, name) = if converts {
        (pair.to, &pair.to.name)
    } else {
        (pair.from, &pair.from.name)
    };
    Compared {
        name: pair.to.name.clone(),
        first: canonical::fields(column, name),
        second: canonical::fields(pair.to, &pair.to.name),
        shown: [
            canonical::shown(column, name),
            canonical::shown(pair.to, &pair.to.name),
        ],
    }
}

fn added(columns: &[(&Column, Option<String>)]) -> Vec<Added> {
    columns
        .iter()
        .filter(|(column, _)| column.generated.is_none())
        .map(|(column, value)| Added {
            column: (*column).clone(),
            value: value.clone(),
        })
        .collect()
}

/// The columns of two tables that have the same name; the rest of both by name.
pub fn by_name<'a>(
    first: &'a Table,
    second: &'a Table,
    map: &[(String, String)],
) -> (Vec<(&'a Column, &'a Column)>, Vec<String>) {
    let name_of = |column: &Column| {
        map.iter()
            .find(|(from, _)| crate::schema::same_name(from, &column.name))
            .map_or(column.name.as_str(), |(_, to)| to.as_str())
            .to_owned()
    };
    let pairs: Vec<_> = first
        .columns
        .iter()
        .filter_map(|from| Some((from, second.column(&name_of(from))?)))
        .collect();
    let alone = |table: &Table, fed: &dyn Fn(&Column) -> bool| -> Vec<String> {
        let names = table.columns.iter().filter(|column| !fed(column));
        names
            .map(|column| format!("{}.{}", table.name, quote_ident(&column.name)))
            .collect()
    };
    let mut rest = alone(first, &|column| {
        pairs.iter().any(|(from, _)| from.name == column.name)
    });
    rest.extend(alone(second, &|column| {
        pairs.iter().any(|(_, to)| to.name == column.name)
    }));
    (pairs, rest)
}
