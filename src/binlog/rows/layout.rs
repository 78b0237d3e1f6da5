//! Where the key's columns lie in a table's row images.

use mysql_common::binlog::events::TableMapEvent;

use super::wire::{ColumnWire, Width};
use super::{RowChange, RowsError};
use crate::key::{Key, KeyError, KeySpec};

/// JSON's type number: partial images have a bit for each such column.
const JSON: u8 = 245;
/// The value option that says that JSON values may be differences.
const PARTIAL_JSON: u64 = 1;

/// A table's row images: made once for each table map.
#[derive(Clone, Debug)]
pub struct RowLayout {
    spec: KeySpec,
    columns: Vec<ImageColumn>,
    json_columns: usize,
}

#[derive(Clone, Copy, Debug)]
struct ImageColumn {
    width: Width,
    /// The key part that this column is.
    part: Option<usize>,
}

/// The bytes of each key part in an image, `None` where the image does not have the column.
pub(super) type Fields<'a> = Vec<Option<&'a [u8]>>;

impl RowLayout {
    /// The layout of the columns of a table map, in order.
    pub fn new(columns: &[ColumnWire], spec: &KeySpec) -> Result<Self, RowsError> {
        check_key(columns, spec)?;
        let place = |(ordinal, wire): (usize, &ColumnWire)| -> Result<ImageColumn, RowsError> {
            let width = wire.width().ok_or(RowsError::UnknownType {
                ordinal,
                code: wire.code,
            })?;
            let part = spec.columns().iter().position(|part| part.ordinal() == ordinal);
            Ok(ImageColumn { width, part })
        };
        let json_columns = columns.iter().filter(|wire| wire.code == JSON).count();
        let columns = columns.iter().enumerate().map(place).collect::<Result<_, _>>()?;
        Ok(Self {
            spec: spec.clone(),
            columns,
            json_columns,
        })
    }

    /// The layout of a table map as the driver parsed it. Its time grows with the square of the number of columns: keep
    /// the result for as long as the table's number stays the same.
    pub fn of_table_map(event: &TableMapEvent<'_>, spec: &KeySpec) -> Result<Self, RowsError> {
        let count = usize::try_from(event.columns_count()).unwrap_or(usize::MAX);
        let columns = (0..count)
            .map(|ordinal| column_wire(event, ordinal))
            .collect::<Result<Vec<_>, _>>()?;
        Self::new(&columns, spec)
    }

    /// How to walk through an image that has these columns.
    pub(super) fn plan(&self, present: &[bool]) -> Result<ImagePlan<'_>, RowsError> {
        if present.len() != self.columns.len() {
            return Err(RowsError::OtherColumns {
                expected: self.columns.len(),
                found: present.len(),
            });
        }
        let columns = self
            .columns
            .iter()
            .zip(present)
            .filter(|(_, present)| **present)
            .map(|(column, _)| *column);
        Ok(ImagePlan {
            layout: self,
            columns: columns.collect(),
        })
    }

    /// The key that an image holds.
    pub(super) fn key(&self, fields: &Fields<'_>) -> Result<Key, RowsError> {
        let whole = self.spec.columns().iter().zip(fields);
        let whole = whole.map(|(part, field)| field.ok_or_else(|| missing(part.name())));
        Ok(self.spec.from_image(&whole.collect::<Result<Vec<_>, _>>()?)?)
    }

    /// The keys before and after an update: what the after image does not have did not change.
    pub(super) fn update(&self, before: &Fields<'_>, after: Fields<'_>) -> Result<RowChange, RowsError> {
        let old = self.key(before)?;
        let after: Fields<'_> = after
            .into_iter()
            .zip(before)
            .map(|(after, before)| after.or(*before))
            .collect();
        let new = if after == *before {
            old.clone()
        } else {
            self.key(&after)?
        };
        Ok(RowChange {
            before: Some(old),
            after: Some(new),
        })
    }

    /// Steps over what stands before the after image of a partial update: the options, and where they say so a bit for
    /// each JSON column. A difference is as long as it says, just as a whole JSON value, so the bits need not be read.
    pub(super) fn skip_value_options(&self, data: &mut &[u8]) -> Result<(), RowsError> {
        let options = lenenc(data).ok_or(RowsError::Truncated)?;
        match options {
            0 => Ok(()),
            PARTIAL_JSON => take(data, self.json_columns.div_ceil(8)).map(|_| ()),
            unknown => Err(RowsError::ValueOptions(unknown)),
        }
    }
}

/// The columns that are present in an event's images, in order.
#[derive(Debug)]
pub(super) struct ImagePlan<'l> {
    layout: &'l RowLayout,
    columns: Vec<ImageColumn>,
}

impl<'l> ImagePlan<'l> {
    /// Refuses images without all of the key.
    pub(super) fn with_whole_key(self) -> Result<Self, RowsError> {
        for (place, part) in self.layout.spec.columns().iter().enumerate() {
            if !self.columns.iter().any(|column| column.part == Some(place)) {
                return Err(missing(part.name()));
            }
        }
        Ok(self)
    }

    /// Reads one image off the front.
    pub(super) fn read<'d>(&self, data: &mut &'d [u8]) -> Result<Fields<'d>, RowsError> {
        let nulls = take(data, self.columns.len().div_ceil(8))?;
        let mut fields = vec![None; self.layout.spec.columns().len()];
        for (index, column) in self.columns.iter().enumerate() {
            let value = if bit(nulls, index) {
                None
            } else {
                Some(column.take(data)?)
            };
            let Some(place) = column.part else {
                continue;
            };
            if let Some(field) = fields.get_mut(place) {
                *field = Some(value.ok_or_else(|| self.null(place))?);
            }
        }
        Ok(fields)
    }

    fn null(&self, place: usize) -> RowsError {
        let name = self
            .layout
            .spec
            .columns()
            .get(place)
            .map_or("", |part| part.name());
        RowsError::Key(KeyError::Null(name.to_owned()))
    }
}

impl ImageColumn {
    fn take<'d>(&self, data: &mut &'d [u8]) -> Result<&'d [u8], RowsError> {
        let length = match self.width {
            Width::Fixed(bytes) => bytes,
            Width::Prefixed(bytes) => {
                let prefix = take(data, bytes)?;
                prefix
                    .iter()
                    .rev()
                    .fold(0, |length, byte| length << 8 | usize::from(*byte))
            }
        };
        take(data, length)
    }
}

fn check_key(columns: &[ColumnWire], spec: &KeySpec) -> Result<(), RowsError> {
    for part in spec.columns() {
        let (column, ordinal) = (part.name().to_owned(), part.ordinal());
        match columns.get(ordinal) {
            None => return Err(RowsError::NoKeyColumn { column, ordinal }),
            Some(wire) if !wire.holds(part.kind()) => return Err(RowsError::OtherType { column }),
            Some(_) => {}
        }
    }
    Ok(())
}

fn column_wire(event: &TableMapEvent<'_>, ordinal: usize) -> Result<ColumnWire, RowsError> {
    let unknown = |code| RowsError::UnknownType { ordinal, code };
    let code = match event.get_raw_column_type(ordinal) {
        Ok(Some(known)) => known as u8,
        Ok(None) => return Err(unknown(0)),
        Err(error) => return Err(unknown(error.0)),
    };
    let metadata = match event.get_column_metadata(ordinal).ok_or_else(|| unknown(code))? {
        [] => [0, 0],
        [only] => [*only, 0],
        [first, second, ..] => [*first, *second],
    };
    Ok(ColumnWire { code, metadata })
}

fn missing(column: &str) -> RowsError {
    RowsError::KeyMissing {
        column: column.to_owned(),
    }
}

fn bit(bitmap: &[u8], index: usize) -> bool {
    bitmap
        .get(index / 8)
        .is_some_and(|byte| byte >> (index % 8) & 1 == 1)
}

fn take<'d>(data: &mut &'d [u8], length: usize) -> Result<&'d [u8], RowsError> {
    let (taken, rest) = data.split_at_checked(length).ok_or(RowsError::Truncated)?;
    *data = rest;
    Ok(taken)
}

/// A length-encoded integer of the client protocol.
fn lenenc(data: &mut &[u8]) -> Option<u64> {
    let (first, rest) = data.split_first()?;
    *data = rest;
    let bytes = match first {
        0..=250 => return Some(u64::from(*first)),
        252 => 2,
        253 => 3,
        254 => 8,
        _ => return None,
    };
    let field = take(data, bytes).ok()?;
    Some(
        field
            .iter()
            .rev()
            .fold(0, |value, byte| value << 8 | u64::from(*byte)),
    )
}
