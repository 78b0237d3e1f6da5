//! How a column's value lies in a row image, from the table map's type and metadata.

use crate::key::{Kind, decimal_width};

/// A column as the table map describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColumnWire {
    /// Type number.
    pub code: u8,
    /// Metadata bytes; what the type does not have is 0.
    pub metadata: [u8; 2],
}

/// How to find the end of a column's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// Always so many bytes.
    Fixed(usize),
    /// So many little-endian bytes say how many follow.
    Prefixed(usize),
}

/// The server's numbers for column types, as far as the binlog has them.
mod code {
    pub const TINY: u8 = 1;
    pub const SHORT: u8 = 2;
    pub const LONG: u8 = 3;
    pub const FLOAT: u8 = 4;
    pub const DOUBLE: u8 = 5;
    pub const NULL: u8 = 6;
    pub const TIMESTAMP: u8 = 7;
    pub const LONGLONG: u8 = 8;
    pub const INT24: u8 = 9;
    pub const DATE: u8 = 10;
    pub const TIME: u8 = 11;
    pub const DATETIME: u8 = 12;
    pub const YEAR: u8 = 13;
    pub const NEWDATE: u8 = 14;
    pub const VARCHAR: u8 = 15;
    pub const BIT: u8 = 16;
    pub const TIMESTAMP2: u8 = 17;
    pub const DATETIME2: u8 = 18;
    pub const TIME2: u8 = 19;
    pub const VECTOR: u8 = 242;
    pub const JSON: u8 = 245;
    pub const NEWDECIMAL: u8 = 246;
    pub const ENUM: u8 = 247;
    pub const SET: u8 = 248;
    pub const TINY_BLOB: u8 = 249;
    pub const BLOB: u8 = 252;
    pub const STRING: u8 = 254;
    pub const GEOMETRY: u8 = 255;
}

impl ColumnWire {
    /// How to step over a value; `None` for a type that is not known.
    pub fn width(self) -> Option<Width> {
        let [first, second] = self.metadata;
        let fixed = match self.code {
            code::NULL => 0,
            code::TINY | code::YEAR => 1,
            code::SHORT => 2,
            code::INT24 | code::DATE | code::NEWDATE | code::TIME => 3,
            code::LONG | code::FLOAT | code::TIMESTAMP => 4,
            code::LONGLONG | code::DOUBLE | code::DATETIME => 8,
            code::TIME2 => 3 + fraction(first)?,
            code::TIMESTAMP2 => 4 + fraction(first)?,
            code::DATETIME2 => 5 + fraction(first)?,
            code::NEWDECIMAL => decimal_width(usize::from(first), usize::from(second)),
            code::BIT => usize::from(second) + usize::from(first > 0),
            code::ENUM | code::SET => usize::from(second),
            code::STRING => return self.string_width(),
            code::VARCHAR => return Some(prefixed(usize::from(u16::from_le_bytes(self.metadata)))),
            code::JSON | code::VECTOR | code::GEOMETRY | code::TINY_BLOB..=code::BLOB => {
                return (1..=4)
                    .contains(&first)
                    .then_some(Width::Prefixed(usize::from(first)));
            }
            _ => return None,
        };
        Some(Width::Fixed(fixed))
    }

    /// ENUM and SET hide in STRING's metadata, and so do two bits of a long CHAR's length.
    fn string_width(self) -> Option<Width> {
        let [first, second] = self.metadata;
        match self.real_code() {
            code::ENUM | code::SET => Some(Width::Fixed(usize::from(second))),
            code::STRING => Some(prefixed(usize::from(second) | usize::from(!first & 0x30) << 4)),
            _ => None,
        }
    }

    /// The type behind STRING.
    fn real_code(self) -> u8 {
        match (self.code, self.metadata) {
            (code::STRING, [first, _]) => first | 0x30,
            (other, _) => other,
        }
    }

    /// The values are those of a key column.
    pub(super) fn holds(self, kind: &Kind) -> bool {
        let code_fits = match kind {
            Kind::Int { bytes: 1, .. } => self.code == code::TINY,
            Kind::Int { bytes: 2, .. } => self.code == code::SHORT,
            Kind::Int { bytes: 3, .. } => self.code == code::INT24,
            Kind::Int { bytes: 4, .. } => self.code == code::LONG,
            Kind::Int { .. } => self.code == code::LONGLONG,
            Kind::Decimal { precision, scale } => {
                self.code == code::NEWDECIMAL && self.metadata.map(usize::from) == [*precision, *scale]
            }
            Kind::Year => self.code == code::YEAR,
            Kind::Date => matches!(self.code, code::DATE | code::NEWDATE),
            Kind::Time { fsp } => self.code == code::TIME2 && usize::from(self.metadata[0]) == *fsp,
            Kind::Datetime { fsp } => self.code == code::DATETIME2 && usize::from(self.metadata[0]) == *fsp,
            Kind::Timestamp { fsp } => self.code == code::TIMESTAMP2 && usize::from(self.metadata[0]) == *fsp,
            Kind::Bit { .. } => self.code == code::BIT,
            Kind::Enum { .. } => self.real_code() == code::ENUM,
            Kind::Set { .. } => self.real_code() == code::SET,
            Kind::Binary { .. } | Kind::Text { fixed: true, .. } => self.real_code() == code::STRING,
            Kind::Varbinary { .. } | Kind::Text { fixed: false, .. } => self.code == code::VARCHAR,
        };
        code_fits && self.width_fits(kind)
    }

    fn width_fits(self, kind: &Kind) -> bool {
        match self.width() {
            Some(Width::Fixed(bytes)) => kind.fixed_width() == Some(bytes),
            Some(Width::Prefixed(_)) => kind.is_string(),
            None => false,
        }
    }
}

fn fraction(fsp: u8) -> Option<usize> {
    (fsp <= 6).then(|| usize::from(fsp).div_ceil(2))
}

fn prefixed(longest: usize) -> Width {
    Width::Prefixed(if longest > 255 { 2 } else { 1 })
}
