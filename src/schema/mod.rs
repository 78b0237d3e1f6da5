//! What a table is, in words of ours: columns, keys, options. Pure data, filled by `inspect`, read by everybody.

use std::fmt;

/// A schema-qualified table name. Displays quoted: `` `shop`.`orders` ``.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableName {
    /// The schema (database).
    pub schema: String,
    /// The table in it, as the server spells it.
    pub table: String,
}

impl TableName {
    /// A name from its two parts, unquoted.
    pub fn new(schema: impl Into<String>, table: impl Into<String>) -> Self {
        Self {
            schema: schema.into(),
            table: table.into(),
        }
    }

    /// Another table of the same schema.
    pub fn sibling(&self, table: impl Into<String>) -> Self {
        Self::new(self.schema.clone(), table)
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}`.`{}`",
            self.schema.replace('`', "``"),
            self.table.replace('`', "``")
        )
    }
}

/// How a generated column is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generated {
    /// Computed when read.
    Virtual,
    /// Computed when written, kept in the row.
    Stored,
}

/// One column, as `information_schema.COLUMNS` describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Name as the server spells it.
    pub name: String,
    /// 0-based place in the row, and so in a row image of the binlog.
    pub ordinal: usize,
    /// `DATA_TYPE`, lower case: `int`, `varchar`, `enum`, …
    pub data_type: String,
    /// `COLUMN_TYPE`, the whole of it: `int unsigned`, `enum('z','a')`, `varchar(20)`.
    pub column_type: String,
    /// May hold NULL.
    pub nullable: bool,
    /// `CHARACTER_SET_NAME` of text columns.
    pub charset: Option<String>,
    /// `COLLATION_NAME` of text columns.
    pub collation: Option<String>,
    /// Set for generated columns.
    pub generated: Option<Generated>,
    /// `EXTRA` says auto_increment.
    pub auto_increment: bool,
    /// Has a default (a literal or an expression) or is nullable or auto_increment: may be left out of an INSERT.
    pub has_default: bool,
    /// `CHARACTER_OCTET_LENGTH`: bytes, of text and binary columns.
    pub octet_length: Option<u64>,
    /// `DATETIME_PRECISION`: fractional digits of temporal columns, 0 to 6.
    pub fsp: u8,
    /// `NUMERIC_PRECISION`: decimal digits, or bits of a BIT column.
    pub precision: Option<u32>,
    /// `NUMERIC_SCALE`.
    pub scale: Option<u32>,
}

impl Column {
    /// `… unsigned` (numeric columns only).
    pub fn unsigned(&self) -> bool {
        self.column_type.to_ascii_lowercase().contains(" unsigned")
    }
}

/// One part of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexPart {
    /// The column; `None` for an expression (functional key part).
    pub column: Option<String>,
    /// The expression's text where there is no column.
    pub expression: Option<String>,
    /// Only the first so many characters (bytes for binary columns) are in the index.
    pub prefix: Option<u32>,
    /// DESC part.
    pub descending: bool,
    /// The part may hold NULL.
    pub nullable: bool,
}

/// A unique index (the primary key among them).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UniqueKey {
    /// `PRIMARY` or the index's name.
    pub name: String,
    /// Its parts in order.
    pub parts: Vec<IndexPart>,
    /// The optimizer may use it (not INVISIBLE).
    pub visible: bool,
}

impl UniqueKey {
    /// The primary key.
    pub fn is_primary(&self) -> bool {
        self.name == "PRIMARY"
    }

    /// Its columns, if it is made of whole columns only.
    pub fn whole_columns(&self) -> Option<Vec<&str>> {
        self.parts
            .iter()
            .map(|part| {
                if part.prefix.is_some() {
                    None
                } else {
                    part.column.as_deref()
                }
            })
            .collect()
    }
}

/// A base table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name, as the server spells it.
    pub name: TableName,
    /// Storage engine.
    pub engine: String,
    /// All columns in order, invisible ones too.
    pub columns: Vec<Column>,
    /// All unique indexes, the primary key first if there is one.
    pub unique_keys: Vec<UniqueKey>,
    /// Table comment.
    pub comment: String,
    /// The next AUTO_INCREMENT value where the table has such a column.
    pub auto_increment: Option<u64>,
    /// `TABLE_ROWS`, the engine's estimate.
    pub rows_estimate: u64,
    /// `AVG_ROW_LENGTH` in bytes, the engine's estimate.
    pub row_bytes_estimate: u64,
    /// `DATA_LENGTH + INDEX_LENGTH` in bytes.
    pub bytes: u64,
    /// What SHOW CREATE TABLE says.
    pub create_sql: String,
}

impl Table {
    /// A column by name; column names compare without case.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| same_name(&column.name, name))
    }
}

/// Column and index names compare without case on every platform.
pub fn same_name(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

/// An identifier in backticks: right under every `sql_mode`.
pub fn quote_ident(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}
