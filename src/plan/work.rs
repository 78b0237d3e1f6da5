//! What copying, flushing and swapping need to know about a run: fixed before the first row moves.

use super::{ColumnMap, KeyChoice, triggers::Carried};
use crate::{
    key::{KeyError, KeySpec},
    schema::{Column, Table, TableName, UniqueKey, same_name},
    sql::{KeyColumns, quote_ident},
};

/// The tables of a run.
#[derive(Clone, Debug)]
pub struct Tables {
    /// The table being altered.
    pub source: TableName,
    /// The new table.
    pub ghost: TableName,
    /// Where marks are written.
    pub changelog: TableName,
    /// The source's name after the swap.
    pub old: TableName,
}

/// How changed rows are written into the ghost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upsert {
    /// The iteration key is the ghost's only unique key: REPLACE touches no other row.
    Replace,
    /// Other unique keys could be in the way: DELETE, then plain INSERT, which fails rather than displaces.
    DeleteInsert,
}

/// A text column of the key that compares differently in the ghost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyText {
    /// Charset of its bytes in the source.
    pub source_charset: String,
    /// And in the ghost.
    pub ghost_charset: String,
    /// How the ghost compares it.
    pub ghost_collation: String,
}

/// Facts of a run.
#[derive(Clone, Debug)]
pub struct Work {
    /// The tables.
    pub tables: Tables,
    /// The iteration key, with the source's types.
    pub key: KeySpec,
    /// Its columns in the source.
    pub source_key: Vec<String>,
    /// The same columns in the ghost.
    pub ghost_key: Vec<String>,
    /// The source's index for it.
    pub source_index: String,
    /// The ghost's index by which its rows are found. Always forced: a table that is being filled has statistics of
    /// some moment before, and by those the optimizer reads all of it for a handful of keys.
    pub ghost_index: String,
    /// Ghost column and the SQL expression that feeds it from the source row.
    pub columns: Vec<(String, String)>,
    /// The ghost's unique keys besides the iteration key.
    pub other_unique: Vec<UniqueKey>,
    /// How changed rows are written.
    pub upsert: Upsert,
    /// The key's text compares differently in the ghost: equal keys there may be several here.
    pub text_differs: bool,
    /// For each key column: text that another charset or collation compares in the ghost.
    pub key_texts: Vec<Option<KeyText>>,
    /// The ghost's AUTO_INCREMENT column.
    pub ghost_auto_increment: Option<String>,
    /// The source's AUTO_INCREMENT counter goes over to the ghost.
    pub carry_auto_increment: bool,
    /// The server makes commits visible in another order than it logs them, so a mark proves nothing about a read: reads
    /// take shared row locks instead, and so wait for what is logged and not yet visible.
    pub lock_reads: bool,
    /// A ghost column that the ALTER makes AUTO_INCREMENT: no row may hold 0 there.
    pub no_zero_in: Option<String>,
    /// Triggers that go over to the new table.
    pub triggers: Vec<Carried>,
    /// The new table's comment after the swap.
    pub comment: String,
    /// Its comment until then: our mark.
    pub mark: String,
    /// This run's id, as it stands in our tables' comments and in our DDL.
    pub run: String,
}

/// What a run's facts are made of.
pub struct Parts<'a> {
    /// The tables.
    pub tables: Tables,
    /// The source as it is.
    pub source: &'a Table,
    /// The ghost as the ALTER made it.
    pub ghost: &'a Table,
    /// Which column feeds which.
    pub columns: &'a ColumnMap,
    /// Values for columns that nothing feeds: ghost column and SQL literal.
    pub supplied: Vec<(String, String)>,
    /// The iteration key.
    pub choice: &'a KeyChoice,
    /// Triggers that go over.
    pub triggers: Vec<Carried>,
    /// The ghost's table comment after the swap.
    pub comment: String,
    /// Its comment until then.
    pub mark: String,
    /// The source's AUTO_INCREMENT counter goes over.
    pub carry_auto_increment: bool,
    /// `binlog_order_commits` is OFF.
    pub lock_reads: bool,
    /// A ghost column that the ALTER makes AUTO_INCREMENT.
    pub no_zero_in: Option<String>,
    /// The server's `sql_mode` has `PAD_CHAR_TO_FULL_LENGTH`.
    pub pads_char: bool,
    /// This run's id.
    pub run: String,
}

impl Work {
    /// Puts the facts together; fails where the key's types cannot be worked with.
    pub fn new(parts: Parts<'_>) -> Result<Self, KeyError> {
        let Parts {
            choice,
            source,
            ghost,
            ..
        } = parts;
        let names: Vec<&str> = choice.source_columns.iter().map(String::as_str).collect();
        let feeds = parts
            .columns
            .pairs
            .iter()
            .map(|(from, to)| (to.name.clone(), feed(from, to, parts.pads_char)));
        Ok(Self {
            key: KeySpec::new(source, &names)?,
            source_key: choice.source_columns.clone(),
            ghost_key: choice.ghost_columns.clone(),
            source_index: choice.source_key.name.clone(),
            ghost_index: choice.ghost_key.name.clone(),
            columns: feeds.chain(parts.supplied).collect(),
            other_unique: other_unique(ghost, choice, parts.columns),
            upsert: if choice.ghost_unique && !choice.ghost_has_other_unique && !choice.text_differs {
                Upsert::Replace
            } else {
                Upsert::DeleteInsert
            },
            text_differs: choice.text_differs,
            key_texts: key_texts(source, ghost, choice),
            ghost_auto_increment: auto_increment(ghost),
            carry_auto_increment: parts.carry_auto_increment,
            lock_reads: parts.lock_reads,
            no_zero_in: parts.no_zero_in,
            run: parts.run,
            triggers: parts.triggers,
            comment: parts.comment,
            mark: parts.mark,
            tables: parts.tables,
        })
    }

    /// A flush may put rows in place ahead of the copy, which then must pass over them.
    pub fn flush_runs_ahead(&self) -> bool {
        !self.key.fully_ordered()
    }

    /// The key's columns in a source row; `alias` where the statement gives the table one.
    pub fn source_key(&self, alias: Option<&str>) -> KeyColumns {
        KeyColumns::named(self.source_key.iter().map(String::as_str), alias)
    }

    /// The key's columns in a ghost row.
    pub fn ghost_key(&self, alias: Option<&str>) -> KeyColumns {
        KeyColumns::named(self.ghost_key.iter().map(String::as_str), alias)
    }

    /// The key's values in a ghost row, each with the bytes that the source has for it.
    pub fn ghost_key_as_in_source(&self) -> Vec<String> {
        let values = self.ghost_key.iter().map(|column| quote_ident(column));
        let convert = |(value, text): (String, &Option<KeyText>)| match text {
            Some(text) if text.source_charset != text.ghost_charset => {
                format!("CONVERT({value} USING {})", text.source_charset)
            }
            _ => value,
        };
        values.zip(&self.key_texts).map(convert).collect()
    }

    /// The ghost's columns that are written.
    pub fn ghost_columns(&self) -> String {
        self.columns
            .iter()
            .map(|(column, _)| quote_ident(column))
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// What feeds them.
    pub fn source_values(&self) -> String {
        self.columns
            .iter()
            .map(|(_, value)| value.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// The ghost as statements name it that look for rows by key.
    pub fn indexed_ghost(&self) -> String {
        format!(
            "{} FORCE INDEX ({})",
            self.tables.ghost,
            quote_ident(&self.ghost_index)
        )
    }

    /// What stands behind a SELECT from the source.
    pub fn locking(&self) -> &'static str {
        if self.lock_reads { " FOR SHARE" } else { "" }
    }

    /// A comment that tells our DDL from everybody else's in the binlog.
    pub fn tag(&self) -> String {
        tag(&self.run)
    }
}

/// The comment that tells a run's DDL from everybody else's in the binlog.
pub fn tag(run: &str) -> String {
    format!("/* ghost-rs {run} */")
}

/// The unique keys of the ghost in which a row of another iteration key can be in the way. A key that we number
/// anew ourselves (an AUTO_INCREMENT column that nothing feeds) never is.
fn other_unique(ghost: &Table, choice: &KeyChoice, columns: &ColumnMap) -> Vec<UniqueKey> {
    let is_iteration_key = |key: &UniqueKey| {
        let Some(names) = key.whole_columns() else {
            return false;
        };
        let all_in = names
            .iter()
            .all(|name| choice.ghost_columns.iter().any(|column| same_name(column, name)));
        all_in && names.len() == choice.ghost_columns.len() && !choice.text_differs
    };
    let is_numbered = |key: &UniqueKey| {
        key.parts
            .iter()
            .filter_map(|part| part.column.as_deref())
            .any(|name| {
                ghost.column(name).is_some_and(|column| column.auto_increment)
                    && !columns.pairs.iter().any(|(_, fed)| same_name(&fed.name, name))
            })
    };
    ghost
        .unique_keys
        .iter()
        .filter(|key| !is_iteration_key(key) && !is_numbered(key))
        .cloned()
        .collect()
}

fn auto_increment(table: &Table) -> Option<String> {
    let numbered = table.columns.iter().find(|column| column.auto_increment);
    numbered.map(|column| column.name.clone())
}

fn key_texts(source: &Table, ghost: &Table, choice: &KeyChoice) -> Vec<Option<KeyText>> {
    let pairs = choice.source_columns.iter().zip(&choice.ghost_columns);
    pairs
        .map(|(from, to)| key_text(source.column(from)?, ghost.column(to)?))
        .collect()
}

fn key_text(from: &Column, to: &Column) -> Option<KeyText> {
    let text = KeyText {
        source_charset: from.charset.clone()?,
        ghost_charset: to.charset.clone()?,
        ghost_collation: to.collation.clone()?,
    };
    (from.collation != to.collation).then_some(text)
}

/// Under `PAD_CHAR_TO_FULL_LENGTH` a native ALTER of a CHAR column to another type keeps its blanks. Our sessions do not
/// have that mode, because a CHAR key could not be found by its value then.
fn feed(from: &Column, to: &Column, pads_char: bool) -> String {
    let name = quote_ident(&from.name);
    let length: String = from.column_type.chars().filter(char::is_ascii_digit).collect();
    if pads_char && from.data_type == "char" && to.data_type != "char" && !length.is_empty() {
        format!("RPAD({name}, {length}, ' ')")
    } else {
        name
    }
}
