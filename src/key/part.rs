//! One key column: its values from the text protocol and from row images, into one encoding.

use super::codec::{put_bytes, put_reversed, put_uint, sign_bit, take_bytes, take_fixed};
use super::kind::Kind;
use super::temporal::{Moment, Span, put_timestamp};
use super::{KeyError, decimal};
use crate::schema::Column;

/// A column of the iteration key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    name: String,
    ordinal: usize,
    column_type: String,
    kind: Kind,
}

impl Part {
    /// The key part that a column makes, or why it cannot be one.
    pub(super) fn new(column: &Column) -> Result<Self, KeyError> {
        if column.nullable {
            return Err(KeyError::Nullable(column.name.clone()));
        }
        let kind = Kind::of(column).map_err(|reason| KeyError::Unsupported {
            column: column.name.clone(),
            column_type: column.column_type.clone(),
            reason,
        })?;
        let (name, column_type) = (column.name.clone(), column.column_type.clone());
        Ok(Self {
            name,
            ordinal: column.ordinal,
            column_type,
            kind,
        })
    }

    /// The column's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// 0-based place of the column in the table and in its row images.
    pub fn ordinal(&self) -> usize {
        self.ordinal
    }

    /// What its values are.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// What to select, so that the text of the result is exact under every `sql_mode`, character set and time zone.
    pub(crate) fn select(&self, column: &str) -> String {
        match self.kind {
            Kind::Enum { .. } | Kind::Set { .. } | Kind::Bit { .. } => {
                format!("CAST({column} AS UNSIGNED)")
            }
            Kind::Timestamp { .. } => format!("UNIX_TIMESTAMP({column})"),
            Kind::Binary { .. } | Kind::Varbinary { .. } | Kind::Text { .. } => {
                format!("HEX({column})")
            }
            _ => column.to_owned(),
        }
    }

    /// Appends the value that the server sent as the text of [`Part::select`].
    pub(super) fn put_text(&self, out: &mut Vec<u8>, text: &[u8]) -> Result<(), KeyError> {
        self.try_put_text(out, text).ok_or_else(|| KeyError::BadText {
            column: self.name.clone(),
            column_type: self.column_type.clone(),
            value: String::from_utf8_lossy(text).chars().take(100).collect(),
        })
    }

    fn try_put_text(&self, out: &mut Vec<u8>, text: &[u8]) -> Option<()> {
        match &self.kind {
            Kind::Int { bytes, unsigned } => put_uint(out, integer(text, *bytes, *unsigned)?, *bytes),
            Kind::Bit { bytes } | Kind::Enum { bytes, .. } | Kind::Set { bytes, .. } => {
                put_uint(out, integer(text, *bytes, true)?, *bytes);
            }
            Kind::Decimal { precision, scale } => out.extend(decimal::parse(text, *precision, *scale)?),
            Kind::Year => put_uint(out, year(text)?, 1),
            Kind::Date => Moment::parse(text)?.put_date(out),
            Kind::Time { fsp } => Span::parse(text)?.put(out, *fsp)?,
            Kind::Datetime { fsp } => Moment::parse(text)?.put_datetime(out, *fsp)?,
            Kind::Timestamp { fsp } => put_timestamp(out, text, *fsp)?,
            Kind::Binary { .. } | Kind::Varbinary { .. } | Kind::Text { .. } => {
                return self.put_string(out, &unhex(text)?);
            }
        }
        Some(())
    }

    /// Appends the value that a row image holds (without the length before it).
    pub(super) fn put_image(&self, out: &mut Vec<u8>, field: &[u8]) -> Result<(), KeyError> {
        self.try_put_image(out, field).ok_or_else(|| KeyError::BadImage {
            column: self.name.clone(),
            column_type: self.column_type.clone(),
            length: field.len(),
        })
    }

    fn try_put_image(&self, out: &mut Vec<u8>, field: &[u8]) -> Option<()> {
        if self.kind.is_string() {
            return self.put_string(out, field);
        }
        if self.kind.width() != Some(field.len()) {
            return None;
        }
        let start = out.len();
        match self.kind {
            Kind::Int { .. } | Kind::Enum { .. } | Kind::Set { .. } | Kind::Date => put_reversed(out, field),
            _ => out.extend_from_slice(field),
        }
        if let (Kind::Int { unsigned: false, .. }, Some(first)) = (&self.kind, out.get_mut(start)) {
            *first ^= 0x80;
        }
        Some(())
    }

    /// Strings are the same from both sides but for the padding, which a row image and `sql_mode` may leave or take.
    fn put_string(&self, out: &mut Vec<u8>, value: &[u8]) -> Option<()> {
        match &self.kind {
            Kind::Binary { length } => {
                let padding = length.checked_sub(value.len())?;
                out.extend_from_slice(value);
                out.extend(std::iter::repeat_n(0, padding));
            }
            Kind::Text {
                fixed: true, charset, ..
            } => put_bytes(out, trim(value, charset)),
            _ => put_bytes(out, value),
        }
        Some(())
    }

    /// Takes the part's value off an encoding, strings without their escapes.
    pub(super) fn take(&self, encoded: &mut &[u8]) -> Option<Vec<u8>> {
        match self.kind.width() {
            Some(width) => take_fixed(encoded, width).map(<[u8]>::to_vec),
            None => take_bytes(encoded),
        }
    }
}

/// An integer of so many bytes, its sign bit turned if it has one.
fn integer(text: &[u8], bytes: usize, unsigned: bool) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?;
    let bias = if unsigned { 0 } else { i128::from(sign_bit(bytes)) };
    let value = text.parse::<i128>().ok()?.checked_add(bias)?;
    let limit = 1_i128.checked_shl(8 * bytes as u32)?;
    if (0..limit).contains(&value) {
        u64::try_from(value).ok()
    } else {
        None
    }
}

/// YEAR as it is stored: 0 for '0000', years since 1900 else.
fn year(text: &[u8]) -> Option<u64> {
    match std::str::from_utf8(text).ok()?.parse::<u64>().ok()? {
        0 => Some(0),
        year @ 1901..=2155 => Some(year - 1900),
        _ => None,
    }
}

fn unhex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let pairs = text.chunks(2).map(|pair| match pair {
        [high, low] => u8::try_from(digit(high)? << 4 | digit(low)?).ok(),
        _ => None,
    });
    pairs.collect()
}

/// A CHAR's value without trailing spaces, which are as wide as the character set's smallest character.
fn trim<'a>(mut value: &'a [u8], charset: &str) -> &'a [u8] {
    let space: &[u8] = match charset {
        "ucs2" | "utf16" => b"\0 ",
        "utf16le" => b" \0",
        "utf32" => b"\0\0\0 ",
        _ => b" ",
    };
    while let Some(shorter) = value.strip_suffix(space) {
        value = shorter;
    }
    value
}
