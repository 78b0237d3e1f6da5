//! What the server's own ALTER TABLE writes into a new column of the rows that are there.
//!
//! A DEFAULT does that by itself in our INSERT as well. Three cases do not (all tried on MySQL 9.7):
//! NOT NULL without DEFAULT: ALTER fills in a value by type, a strict INSERT is refused with error 1364;
//! `DEFAULT CURRENT_TIMESTAMP`, `DEFAULT (now())`: ALTER takes one moment for all rows, INSERT each its own;
//! AUTO_INCREMENT: ALTER numbers rows in the order in which it reads them, and we cannot.
//! Defaults like `(uuid())` never get here: the server refuses them in ADD COLUMN while the binlog is on (error 1674).

use crate::alter::lexer::{Kind, SqlMode, Token, code};
use crate::error::Failure;
use crate::schema::{Column, Table, same_name};

/// A value for a column that no source column feeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Supply {
    /// This SQL literal.
    Literal(&'static str),
    /// The value that this SQL expression has once, before the first row is copied; then as a literal in every statement.
    AtStart(String),
}

/// The values for the ghost columns that nothing feeds; those that get theirs by DEFAULT are left out.
pub(super) fn supplied(
    ghost: &Table,
    unfed: &[&Column],
    no_zero_date: bool,
) -> Result<Vec<(Column, Supply)>, Failure> {
    let mut all = Vec::new();
    for column in unfed.iter().copied().filter(|column| column.generated.is_none()) {
        if column.auto_increment {
            return Err(new_auto_increment(column));
        }
        let supply = if column.has_default {
            moment(ghost, column)?
        } else {
            Some(Supply::Literal(implicit(column, no_zero_date)?))
        };
        all.extend(supply.map(|supply| (column.clone(), supply)));
    }
    Ok(all)
}

fn new_auto_increment(column: &Column) -> Failure {
    Failure::refused(format!("the new column `{}` is AUTO_INCREMENT", column.name))
        .detail("the server numbers the rows in the order in which it reads them; a copy under load has no such order")
        .hint("Add it as a plain column, number the rows, then make it AUTO_INCREMENT in a second run.")
}

/// The implicit value of a type, as ALTER TABLE writes it.
fn implicit(column: &Column, no_zero_date: bool) -> Result<&'static str, Failure> {
    match column.data_type.as_str() {
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "decimal" | "float" | "double" => Ok("0"),
        "bit" | "year" | "set" => Ok("0"),
        // A number names an ENUM's label by its place; text could be another label.
        "enum" => Ok("1"),
        "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" => Ok("''"),
        "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => Ok("''"),
        "json" => Ok("'null'"),
        "time" => Ok("'00:00:00'"),
        "date" | "datetime" | "timestamp" if !no_zero_date => Ok("'0000-00-00'"),
        _ => Err(no_value(column, no_zero_date)),
    }
}

fn no_value(column: &Column, no_zero_date: bool) -> Failure {
    let why = match column.data_type.as_str() {
        "date" | "datetime" | "timestamp" if no_zero_date => {
            "rows that are there would need the zero date, which NO_ZERO_DATE forbids"
        }
        _ => "its type has no value to fill in for the rows that are there",
    };
    Failure::refused(format!(
        "the new column `{}` is NOT NULL and has no DEFAULT",
        column.name
    ))
    .detail(format!("`{}` {}: {why}", column.name, column.column_type))
    .hint("Give it a DEFAULT, or let it hold NULL.")
}

/// Functions that are one moment for a whole statement, as SHOW CREATE TABLE spells them.
const MOMENTS: &[&str] = &[
    "CURRENT_TIMESTAMP",
    "NOW",
    "CURDATE",
    "CURTIME",
    "CURRENT_DATE",
    "CURRENT_TIME",
    "LOCALTIME",
    "LOCALTIMESTAMP",
    "SYSDATE",
    "UNIX_TIMESTAMP",
    "UTC_DATE",
    "UTC_TIME",
    "UTC_TIMESTAMP",
];

/// The column's default if it is the time of the statement.
fn moment(ghost: &Table, column: &Column) -> Result<Option<Supply>, Failure> {
    let ansi_quotes = ghost.create_sql.starts_with("CREATE TABLE \"");
    let tokens = code(&ghost.create_sql, SqlMode::from(ansi_quotes));
    let expression = default_of(&tokens, &column.name);
    if !expression.iter().any(|token| token.is_any(MOMENTS)) {
        return Ok(None);
    }
    if expression.iter().any(|token| token.kind == Kind::QuotedName) {
        return Err(Failure::refused(format!(
            "the default of the new column `{}` mixes the time with other columns",
            column.name
        ))
        .detail("the server would take one time for all rows, a copy takes one for each")
        .hint("Add the column without this default and fill it afterwards."));
    }
    let begin = expression.first().map_or(0, |token| token.start);
    let end = expression.last().map_or(0, Token::end);
    Ok(ghost
        .create_sql
        .get(begin..end)
        .map(|sql| Supply::AtStart(sql.to_owned())))
}

/// The tokens of a column's DEFAULT in what SHOW CREATE TABLE says: one piece with its parentheses, or parentheses alone.
fn default_of<'t, 'a>(tokens: &'t [Token<'a>], column: &str) -> &'t [Token<'a>] {
    let value = definition_of(tokens, column);
    let Some(at) = value.iter().position(|token| token.is_word("DEFAULT")) else {
        return &[];
    };
    let value = value.get(at + 1..).unwrap_or_default();
    let opens = |at: usize| value.get(at).is_some_and(|token| token.is_symbol('('));
    let end = if opens(0) {
        closing(value, 0)
    } else if opens(1) {
        closing(value, 1)
    } else {
        0
    };
    value.get(..=end).unwrap_or(value)
}

/// From a column's name to the comma behind its definition.
fn definition_of<'t, 'a>(tokens: &'t [Token<'a>], column: &str) -> &'t [Token<'a>] {
    let mut depth = 0_usize;
    let mut begin = None;
    for (at, token) in tokens.iter().enumerate() {
        let starts_item = at.checked_sub(1).and_then(|before| tokens.get(before));
        let starts_item = starts_item.is_some_and(|before| before.is_symbol('(') || before.is_symbol(','));
        if depth == 1 && begin.is_some() && (token.is_symbol(',') || token.is_symbol(')')) {
            return begin.and_then(|begin| tokens.get(begin..at)).unwrap_or_default();
        }
        if depth == 1 && starts_item {
            begin = token
                .name()
                .is_some_and(|name| same_name(&name, column))
                .then_some(at);
        }
        if token.is_symbol('(') {
            depth += 1;
        } else if token.is_symbol(')') {
            depth = depth.saturating_sub(1);
        }
    }
    &[]
}

/// The place of the parenthesis that closes the one at `open`.
fn closing(tokens: &[Token<'_>], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        if token.is_symbol('(') {
            depth += 1;
        } else if token.is_symbol(')') {
            depth -= 1;
            if depth == 0 {
                return at;
            }
        }
    }
    tokens.len().saturating_sub(1)
}
