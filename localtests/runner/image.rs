//! A table as text: equal images mean equal structure and equal rows, to the last bit.
//!
//! - Text, binary, BIT, GEOMETRY and VECTOR by `HEX`, so that no collation and no client charset smooths anything over.
//! - JSON by type and text: `1` and `1.0` and `"1"` differ. ENUM and SET by label and by number: the invalid value '' is 0.
//! - FLOAT widened to DOUBLE, because its own text has six digits only.
//! - Rows are sorted here, not by a key: the two tables need not share one, and duplicates count.
//! - Keys and CHECK constraints sorted: the server itself gives keys on expressions another order from one ALTER to the next.
//! - CHECK constraints without their names: names are unique in a schema, so that two tables that stand side by side cannot
//!   share them, whoever copies.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};

use crate::support::{Outcome, trouble};

/// Values longer than this are compared by length and SHA-256.
const BYTES_MAX: usize = 100_000;
/// How many rows a message shows.
const ROWS_SHOWN: usize = 5;
/// How much of a value a message shows.
const CHARS_SHOWN: usize = 70;

/// One row; None is NULL.
type Values = Vec<Option<String>>;

/// A table at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// SHOW CREATE TABLE, line by line.
    pub structure: Vec<String>,
    /// The AUTO_INCREMENT of the structure, which is compared apart.
    pub next_id: Option<u64>,
    pub columns: Vec<String>,
    /// Sorted.
    pub rows: Vec<Values>,
}

/// A name as an identifier in SQL.
pub fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// SHOW CREATE TABLE as the server prints it.
pub async fn show_create(conn: &mut Conn, schema: &str, table: &str) -> Outcome<String> {
    let query = format!("SHOW CREATE TABLE {}.{}", quoted(schema), quoted(table));
    let row: Option<Row> = conn.query_first(query).await?;
    row.and_then(|row| row.get(1))
        .ok_or_else(|| trouble(format!("no structure of {table}")))
}

impl Image {
    /// Take the image. The session must be one of `neutral`.
    pub async fn take(conn: &mut Conn, schema: &str, table: &str) -> Outcome<Self> {
        let create = show_create(conn, schema, table).await?;
        let query = "SELECT column_name, data_type FROM information_schema.columns \
                     WHERE table_schema = ? AND table_name = ? ORDER BY ordinal_position";
        let columns: Vec<(String, String)> = conn.exec(query, (schema, table)).await?;
        let list = columns
            .iter()
            .map(|(name, kind)| as_text(name, kind))
            .collect::<Vec<_>>()
            .join(", ");
        let found: Vec<Row> = conn
            .query(format!("SELECT {list} FROM {}.{}", quoted(schema), quoted(table)))
            .await?;
        let mut rows = found.into_iter().map(values).collect::<Outcome<Vec<_>>>()?;
        rows.sort();
        let (structure, next_id) = normalised(&create);
        Ok(Self {
            structure,
            next_id,
            columns: columns.into_iter().map(|(name, _)| name).collect(),
            rows,
        })
    }

    /// With the table's own comment, where ours stands before it.
    pub fn without_our_mark(mut self) -> Self {
        for line in self.structure.iter_mut().filter(|line| line.starts_with(')')) {
            *line = without_mark(line);
        }
        self
    }

    /// What another image has otherwise, for people; none if it is the same. AUTO_INCREMENT is not looked at.
    pub fn differs(&self, other: &Self) -> Option<String> {
        self.structure_differs(other).or_else(|| self.rows_differ(other))
    }

    fn structure_differs(&self, other: &Self) -> Option<String> {
        let only = |a: &[String], b: &[String], sign: &str| {
            a.iter()
                .filter(|line| !b.contains(line))
                .map(|line| format!("  {sign} {line}\n"))
                .collect::<String>()
        };
        let text = only(&self.structure, &other.structure, "expected")
            + &only(&other.structure, &self.structure, "got     ");
        match (self.structure == other.structure, text.is_empty()) {
            (true, _) => None,
            (false, false) => Some(format!("the structure differs:\n{text}")),
            (false, true) => Some(format!(
                "the structure's lines are in another order:\n{}",
                other.structure.join("\n")
            )),
        }
    }

    /// The rows alone: for tables that differ by name.
    pub fn rows_differ(&self, other: &Self) -> Option<String> {
        if self.rows == other.rows {
            return None;
        }
        let (missing, extra) = unmatched(&self.rows, &other.rows);
        let mut text = format!(
            "{} rows expected, {} got; {} missing, {} extra\n",
            self.rows.len(),
            other.rows.len(),
            missing.len(),
            extra.len()
        );
        for row in missing.iter().take(ROWS_SHOWN) {
            text += &format!("  expected {}\n", self.shown(row));
        }
        for row in extra.iter().take(ROWS_SHOWN) {
            text += &format!("  got      {}\n", other.shown(row));
        }
        Some(text)
    }

    fn shown(&self, row: &Values) -> String {
        let pair = |(name, value): (&String, &Option<String>)| {
            let value = value.as_deref().unwrap_or("NULL");
            format!("{name}={}", value.chars().take(CHARS_SHOWN).collect::<String>())
        };
        self.columns
            .iter()
            .zip(row)
            .map(pair)
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// Make a session see every table alike: fixed zone, no sql_mode that pads or re-quotes, the hidden key shown.
pub async fn neutral(conn: &mut Conn) -> Outcome {
    conn.query_drop(
        "SET SESSION time_zone = '+00:00', sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES', \
         show_gipk_in_create_table_and_information_schema = ON, foreign_key_checks = OFF, character_set_results = utf8mb4",
    )
    .await?;
    Ok(())
}

/// The expression that shows a column's value without loss.
fn as_text(column: &str, data_type: &str) -> String {
    let c = quoted(column);
    match data_type.to_lowercase().as_str() {
        "float" | "double" => format!("CAST(CAST({c} AS DOUBLE) AS CHAR)"),
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "decimal" | "year" | "date" | "time"
        | "datetime" | "timestamp" => format!("CAST({c} AS CHAR)"),
        "enum" | "set" => format!("CONCAT(HEX({c}), ' = ', {c} + 0)"),
        "json" => long_or(&c, &format!("CONCAT(JSON_TYPE({c}), ' ', CAST({c} AS CHAR))")),
        _ => long_or(&c, &format!("HEX({c})")),
    }
}

fn long_or(column: &str, text: &str) -> String {
    format!(
        "IF(LENGTH({column}) > {BYTES_MAX}, CONCAT(LENGTH({column}), ' bytes, SHA-256 ', SHA2({column}, 256)), {text})"
    )
}

fn values(row: Row) -> Outcome<Values> {
    let count = row.len();
    (0..count)
        .map(|i| {
            row.get_opt::<Option<String>, _>(i)
                .ok_or_else(|| trouble("a row ends early"))?
                .map_err(Into::into)
        })
        .collect()
}

/// What only the left list has, and what only the right one has; both are sorted.
fn unmatched<'a>(left: &'a [Values], right: &'a [Values]) -> (Vec<&'a Values>, Vec<&'a Values>) {
    let (mut only_left, mut only_right) = (Vec::new(), Vec::new());
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    loop {
        match (left.peek(), right.peek()) {
            (None, None) => return (only_left, only_right),
            (Some(l), Some(r)) if l == r => {
                left.next();
                right.next();
            }
            (Some(l), r) if r.is_none_or(|r| l < r) => only_left.extend(left.next()),
            _ => only_right.extend(right.next()),
        }
    }
}

/// The lines of SHOW CREATE TABLE without the table's name and AUTO_INCREMENT; keys and nameless CHECKs sorted at the end.
fn normalised(create: &str) -> (Vec<String>, Option<u64>) {
    let mut next_id = None;
    let (mut lines, mut unordered) = (Vec::new(), Vec::new());
    for line in create.lines().skip(1) {
        let line = line.trim_end_matches(',');
        if let Some(line) = key_or_check(line) {
            unordered.push(line.to_owned());
            continue;
        }
        let (line, id) = without_auto_increment(line);
        next_id = next_id.or(id);
        lines.push(line);
    }
    unordered.sort();
    lines.extend(unordered);
    (lines, next_id)
}

/// A line whose place among its like means nothing, a CHECK without its name.
fn key_or_check(line: &str) -> Option<&str> {
    if let Some(rest) = line.strip_prefix("  CONSTRAINT ") {
        return rest.find(" CHECK (").and_then(|at| rest.get(at..));
    }
    let kinds = [
        "  PRIMARY KEY",
        "  UNIQUE KEY",
        "  KEY",
        "  FULLTEXT KEY",
        "  SPATIAL KEY",
    ];
    kinds.iter().any(|kind| line.starts_with(kind)).then_some(line)
}

/// `… COMMENT='ghost-rs ghost of … run 5f3a; comment: mine'` is `… COMMENT='mine'`; without a comment of its own, nothing.
fn without_mark(line: &str) -> String {
    let Some((before, rest)) = line.split_once(" COMMENT='ghost-rs ghost of ") else {
        return line.to_owned();
    };
    let behind = rest.split_once(" run ").map_or(rest, |(_, behind)| behind);
    let behind = behind.trim_start_matches(|c: char| c.is_ascii_hexdigit());
    match behind.strip_prefix("; comment: ") {
        Some(own) => format!("{before} COMMENT='{own}"),
        None => format!("{before}{}", behind.strip_prefix('\'').unwrap_or(behind)),
    }
}

fn without_auto_increment(line: &str) -> (String, Option<u64>) {
    let Some((before, rest)) = line
        .starts_with(')')
        .then(|| line.split_once(" AUTO_INCREMENT="))
        .flatten()
    else {
        return (line.to_owned(), None);
    };
    let (digits, after) = rest.split_once(' ').unwrap_or((rest, ""));
    (format!("{before} {after}"), digits.parse().ok())
}
