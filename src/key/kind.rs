//! What kind of value a key column holds: decided once from its description, matched everywhere else.

use crate::schema::Column;

/// The collation whose order is the order of bytes.
const BYTE_ORDER_COLLATION: &str = "utf8mb4_0900_bin";

/// The server compares a SET with a number as DOUBLE, which is exact up to so many members.
const SET_MEMBERS_LIMIT: usize = 53;

/// How a key column's values are written, in the binlog and in a [`Key`](super::Key).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// TINYINT to BIGINT.
    Int {
        /// Width in bytes: 1, 2, 3, 4 or 8.
        bytes: usize,
        /// `UNSIGNED`.
        unsigned: bool,
    },
    /// DECIMAL(precision, scale).
    Decimal {
        /// All digits, 1 to 65.
        precision: usize,
        /// Digits after the point, 0 to 30.
        scale: usize,
    },
    /// YEAR.
    Year,
    /// DATE.
    Date,
    /// TIME(fsp).
    Time {
        /// Digits of a second's fraction.
        fsp: usize,
    },
    /// DATETIME(fsp).
    Datetime {
        /// Digits of a second's fraction.
        fsp: usize,
    },
    /// TIMESTAMP(fsp).
    Timestamp {
        /// Digits of a second's fraction.
        fsp: usize,
    },
    /// BIT(n).
    Bit {
        /// Width in bytes, 1 to 8.
        bytes: usize,
    },
    /// ENUM: its ordinal, 0 for the invalid value.
    Enum {
        /// Width in bytes, 1 or 2.
        bytes: usize,
        /// The labels as `COLUMN_TYPE` spells them.
        labels: Vec<String>,
    },
    /// SET: its bits.
    Set {
        /// Width in bytes, 1 to 8.
        bytes: usize,
        /// The labels as `COLUMN_TYPE` spells them.
        labels: Vec<String>,
    },
    /// BINARY(length).
    Binary {
        /// Bytes of every value.
        length: usize,
    },
    /// VARBINARY(n).
    Varbinary {
        /// The longest value in bytes.
        length: usize,
    },
    /// CHAR and VARCHAR.
    Text {
        /// CHAR: trailing spaces are no part of the value.
        fixed: bool,
        /// The longest value in bytes.
        length: usize,
        /// Character set, by which a literal is introduced.
        charset: String,
        /// Collation, which decides whether bytes order as the server does.
        collation: String,
    },
}

impl Kind {
    /// The kind of a column, or why it cannot be part of a key.
    pub(super) fn of(column: &Column) -> Result<Self, &'static str> {
        let unsigned = column.unsigned();
        let fsp = usize::from(column.fsp.min(6));
        match column.data_type.as_str() {
            "tinyint" => Ok(Self::Int { bytes: 1, unsigned }),
            "smallint" => Ok(Self::Int { bytes: 2, unsigned }),
            "mediumint" => Ok(Self::Int { bytes: 3, unsigned }),
            "int" => Ok(Self::Int { bytes: 4, unsigned }),
            "bigint" => Ok(Self::Int { bytes: 8, unsigned }),
            "decimal" => Self::decimal(column),
            "year" => Ok(Self::Year),
            "date" => Ok(Self::Date),
            "time" => Ok(Self::Time { fsp }),
            "datetime" => Ok(Self::Datetime { fsp }),
            "timestamp" => Ok(Self::Timestamp { fsp }),
            "bit" => Self::bit(column),
            "enum" => Self::enumeration(column),
            "set" => Self::set(column),
            "binary" => octets(column).map(|length| Self::Binary { length }),
            "varbinary" => octets(column).map(|length| Self::Varbinary { length }),
            "char" => Self::text(column, true),
            "varchar" => Self::text(column, false),
            other => Err(refusal(other)),
        }
    }

    /// Bytes of the encoding where every value has the same.
    pub(super) fn width(&self) -> Option<usize> {
        match self {
            Self::Int { bytes, .. }
            | Self::Bit { bytes }
            | Self::Enum { bytes, .. }
            | Self::Set { bytes, .. } => Some(*bytes),
            Self::Decimal { precision, scale } => Some(super::decimal::width(*precision, *scale)),
            Self::Year => Some(1),
            Self::Date => Some(3),
            Self::Time { fsp } => Some(3 + fsp.div_ceil(2)),
            Self::Datetime { fsp } => Some(5 + fsp.div_ceil(2)),
            Self::Timestamp { fsp } => Some(4 + fsp.div_ceil(2)),
            Self::Binary { length } => Some(*length),
            Self::Varbinary { .. } | Self::Text { .. } => None,
        }
    }

    /// Bytes of a value in a row image where every value has the same.
    pub(crate) fn fixed_width(&self) -> Option<usize> {
        if self.is_string() { None } else { self.width() }
    }

    /// BINARY, VARBINARY, CHAR, VARCHAR: in a row image their length stands before them.
    pub(crate) fn is_string(&self) -> bool {
        matches!(
            self,
            Self::Binary { .. } | Self::Varbinary { .. } | Self::Text { .. }
        )
    }

    /// The longest encoding: every byte escaped and the end, for what has no fixed width.
    pub(super) fn longest(&self) -> usize {
        match self {
            Self::Varbinary { length } | Self::Text { length, .. } => 2 * length + 2,
            fixed => fixed.width().unwrap_or(0),
        }
    }

    /// Bytes that an encoding usually takes.
    pub(super) fn usual(&self) -> usize {
        self.width().unwrap_or(16)
    }

    /// The order of the encoding's bytes is the server's order of the values.
    pub fn ordered(&self) -> bool {
        !matches!(self, Self::Text { collation, .. } if collation != BYTE_ORDER_COLLATION)
    }

    /// Values of ENUM and SET columns are numbers below this one.
    pub(crate) fn domain(&self) -> Option<u64> {
        match self {
            Self::Enum { labels, .. } => u64::try_from(labels.len()).ok()?.checked_add(1),
            Self::Set { labels, .. } => 1_u64.checked_shl(u32::try_from(labels.len()).ok()?),
            _ => None,
        }
    }

    fn decimal(column: &Column) -> Result<Self, &'static str> {
        let precision = column.precision.map_or(0, |digits| digits as usize);
        let scale = column.scale.map_or(0, |digits| digits as usize);
        if precision == 0 || precision > 65 || scale > 30 || scale > precision {
            return Err("its precision is not known");
        }
        Ok(Self::Decimal { precision, scale })
    }

    fn bit(column: &Column) -> Result<Self, &'static str> {
        match column.precision {
            Some(bits @ 1..=64) => Ok(Self::Bit {
                bytes: bits.div_ceil(8) as usize,
            }),
            _ => Err("its number of bits is not known"),
        }
    }

    fn enumeration(column: &Column) -> Result<Self, &'static str> {
        let labels = labels(&column.column_type).ok_or("its labels cannot be read")?;
        let bytes = if labels.len() < 256 { 1 } else { 2 };
        Ok(Self::Enum { bytes, labels })
    }

    fn set(column: &Column) -> Result<Self, &'static str> {
        let labels = labels(&column.column_type).ok_or("its labels cannot be read")?;
        if labels.len() > SET_MEMBERS_LIMIT {
            return Err("the server does not compare a SET of more than 53 members exactly");
        }
        let bytes = match labels.len().div_ceil(8) {
            bytes @ 0..=4 => bytes,
            _ => 8,
        };
        Ok(Self::Set { bytes, labels })
    }

    fn text(column: &Column, fixed: bool) -> Result<Self, &'static str> {
        let (Some(charset), Some(collation)) = (&column.charset, &column.collation) else {
            return Err("its character set is not known");
        };
        let length = octets(column)?;
        Ok(Self::Text {
            fixed,
            length,
            charset: charset.clone(),
            collation: collation.clone(),
        })
    }
}

fn octets(column: &Column) -> Result<usize, &'static str> {
    let length = column.octet_length.ok_or("its length is not known")?;
    usize::try_from(length).map_err(|_| "it is too long")
}

fn refusal(data_type: &str) -> &'static str {
    match data_type {
        "float" | "double" => "a FLOAT or DOUBLE has no exact text to name a row by",
        kind if kind.ends_with("text") || kind.ends_with("blob") => "only a prefix of it can be in an index",
        _ => "values of this type cannot name a row",
    }
}

/// The labels in `enum('z','it''s')`.
fn labels(column_type: &str) -> Option<Vec<String>> {
    let inside = column_type.split_once('(')?.1.trim_end().strip_suffix(')')?;
    let mut labels = Vec::new();
    let mut rest = inside.strip_prefix('\'')?;
    loop {
        let (label, after) = label(rest)?;
        labels.push(label);
        match after.strip_prefix(",'") {
            Some(next) => rest = next,
            None if after.is_empty() => return Some(labels),
            None => return None,
        }
    }
}

/// One label up to its closing quote (a doubled quote is one), and what follows.
fn label(text: &str) -> Option<(String, &str)> {
    let mut label = String::new();
    let mut rest = text;
    loop {
        let (part, after) = rest.split_once('\'')?;
        label.push_str(part);
        match after.strip_prefix('\'') {
            Some(next) => {
                label.push('\'');
                rest = next;
            }
            None => return Some((label, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::labels;

    #[test]
    fn labels_are_read_from_the_column_type() {
        assert_eq!(
            labels("enum('z','a','m')"),
            Some(vec!["z".into(), "a".into(), "m".into()])
        );
        assert_eq!(
            labels("set('it''s','','a,b','x)')"),
            Some(vec!["it's".into(), "".into(), "a,b".into(), "x)".into()])
        );
        assert_eq!(labels("enum('')"), Some(vec![String::new()]));
        assert_eq!(labels("enum"), None);
        assert_eq!(labels("enum('a"), None);
        assert_eq!(labels("enum('a'b)"), None);
    }
}
