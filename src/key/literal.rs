//! A key's values as SQL: exact, independent of `sql_mode` and of the connection's character set, and in a form that
//! lets the server use the index.
//!
//! Times are written in UTC: a session that uses the literals of a TIMESTAMP column runs with `time_zone = '+00:00'`.
//! No session that uses literals has PAD_CHAR_TO_FULL_LENGTH, under which a CHAR equals nothing but a padded string.

use super::codec::{get_uint, sign_bit};
use super::decimal;
use super::kind::Kind;
use super::part::Part;
use super::temporal::{Moment, Span};

/// What stands for a value that is none of the column's: the server refuses it, and so the whole statement.
const MALFORMED: &str = "(malformed key)";

/// One part of a key, as SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal {
    /// The SQL text.
    pub sql: String,
    /// It keeps its meaning in an `IN` list. Where not, only a comparison makes the server either understand the value
    /// or refuse the statement: in a list it would silently match nothing (days that the calendar does not have, under
    /// a `sql_mode` without ALLOW_INVALID_DATES; dates with zero parts, among numbers alone).
    pub listable: bool,
    /// The number of an ENUM or SET value.
    pub ordinal: Option<u64>,
}

impl Literal {
    /// It may stand in an `IN` list of rows with so many columns. In a list of rows the server compares an ENUM or a SET
    /// by its text, with which a number has nothing in common; in a list of single values it does not.
    pub(crate) fn lists_among(&self, columns: usize) -> bool {
        self.listable && (columns == 1 || self.ordinal.is_none())
    }

    /// The literal of a part's decoded bytes.
    pub(super) fn of(part: &Part, value: &[u8]) -> Self {
        let sql = match part.kind() {
            Kind::Int {
                bytes,
                unsigned: false,
            } => signed(value, *bytes),
            Kind::Int { .. } | Kind::Bit { .. } => get_uint(value).to_string(),
            Kind::Enum { .. } | Kind::Set { .. } => return Self::ordinal(get_uint(value)),
            Kind::Decimal { precision, scale } => {
                decimal::text(value, *precision, *scale).unwrap_or_else(|| MALFORMED.to_owned())
            }
            Kind::Year => year(get_uint(value)),
            Kind::Date => return Self::date(Moment::of_date(value)),
            Kind::Datetime { fsp } => return Self::datetime(Moment::of_datetime(value), *fsp),
            Kind::Timestamp { fsp } => return Self::datetime(Moment::of_timestamp(value), *fsp),
            Kind::Time { fsp } => {
                Span::of(value).map_or(MALFORMED.to_owned(), |span| format!("TIME'{}'", span.text(*fsp)))
            }
            Kind::Binary { .. } | Kind::Varbinary { .. } => introduced("binary", value),
            Kind::Text { charset, .. } => introduced(charset, value),
        };
        Self::plain(sql)
    }

    /// For bytes that are no key of the column.
    pub(super) fn malformed() -> Self {
        Self::plain(MALFORMED.to_owned())
    }

    /// An ENUM's or SET's number, by which the server compares it exactly, whatever the labels' collation.
    pub(crate) fn ordinal(number: u64) -> Self {
        Self {
            sql: number.to_string(),
            listable: true,
            ordinal: Some(number),
        }
    }

    fn plain(sql: String) -> Self {
        Self {
            sql,
            listable: true,
            ordinal: None,
        }
    }

    /// Not in a list.
    fn apart(sql: String) -> Self {
        Self {
            listable: false,
            ..Self::plain(sql)
        }
    }

    /// Dates with zero parts are refused as text by most sql_modes, but as numbers they are understood by all; not in a
    /// list, though: `d IN (0, 20200100)` does not find the zero date (seen on 9.7, under every sql_mode).
    fn date(date: Moment) -> Self {
        if date.on_calendar() {
            Self::plain(format!("DATE'{}'", date.date()))
        } else if date == Moment::default() || date.incomplete() {
            Self::apart(date.date_number().to_string())
        } else {
            Self::apart(format!("'{}'", date.date()))
        }
    }

    fn datetime(moment: Option<Moment>, fsp: usize) -> Self {
        let Some(moment) = moment else {
            return Self::malformed();
        };
        if moment.on_calendar() {
            Self::plain(format!("TIMESTAMP'{}'", moment.datetime(fsp)))
        } else if moment == Moment::default() {
            Self::plain("0".to_owned())
        } else if moment.incomplete() {
            Self::plain(format!("{}{:06}", moment.date_number(), moment.time_number()))
        } else {
            Self::apart(format!("'{}'", moment.datetime(fsp)))
        }
    }
}

fn signed(value: &[u8], bytes: usize) -> String {
    (i128::from(get_uint(value)) - i128::from(sign_bit(bytes))).to_string()
}

/// As a number: `'0000'` is text with another meaning to some comparisons, 0 is not.
fn year(stored: u64) -> String {
    match stored {
        0 => "0".to_owned(),
        years => (1900 + years).to_string(),
    }
}

fn introduced(charset: &str, value: &[u8]) -> String {
    let mut sql = format!("_{charset} X'");
    for byte in value {
        for half in [byte >> 4, byte & 15] {
            sql.push(char::from_digit(u32::from(half), 16).unwrap_or('0'));
        }
    }
    sql.push('\'');
    sql
}
