//! Row images: which keys a rows event touches.
//!
//! Only the key's columns are read; every other column is stepped over by its length, which its type in the table map
//! tells. What makes it right:
//!
//! - An image without the whole key is an error, unless it is the after image of an update, where a missing column is
//!   an unchanged one.
//! - Every byte of the event belongs to a row: rows are read until none is left, and one that is cut is an error.
//! - The table map must describe the key's columns as the key was built; anything else means that the table changed.
//!
//! The values' meaning is left to [`KeySpec`](crate::key::KeySpec), what to do with the keys to the caller.

mod layout;
#[cfg(test)]
mod tests;
mod wire;

use mysql_common::binlog::events::RowsEventData;

pub use layout::RowLayout;
pub use wire::{ColumnWire, Width};

use crate::key::{Key, KeyError};
use layout::ImagePlan;

/// Why a rows event could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowsError {
    /// The table map has a column type that we cannot step over.
    #[error("column {ordinal} has type {code} in the binlog, which is not known")]
    UnknownType {
        /// 0-based place of the column.
        ordinal: usize,
        /// The type's number.
        code: u8,
    },
    /// The table map has fewer columns than the key needs.
    #[error("the table map has no column {ordinal}, which is `{column}` of the key")]
    NoKeyColumn {
        /// The key column.
        column: String,
        /// Where it should be, 0-based.
        ordinal: usize,
    },
    /// The table map describes a key column otherwise than the server did when the run began.
    #[error("key column `{column}` has another type in the binlog than in the table")]
    OtherType {
        /// The key column.
        column: String,
    },
    /// The event has another number of columns than its table map.
    #[error("the rows event has {found} columns, its table map {expected}")]
    OtherColumns {
        /// In the table map.
        expected: usize,
        /// In the rows event.
        found: usize,
    },
    /// An image that must have the whole key has not.
    #[error("a row image is without key column `{column}`")]
    KeyMissing {
        /// The key column.
        column: String,
    },
    /// The rows end in the middle of one.
    #[error("the rows event ends in the middle of a row")]
    Truncated,
    /// The after image begins with options that are not known.
    #[error("the rows event has unknown value options {0:#x}")]
    ValueOptions(u64),
    /// A key value cannot be read.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// What happened to a row: its key before (update, delete) and after (insert, update).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowChange {
    /// The row's key until now.
    pub before: Option<Key>,
    /// The row's key from now on.
    pub after: Option<Key>,
}

/// The shape of an event's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Images<'a> {
    /// Inserted rows; the columns present in them.
    Write(&'a [bool]),
    /// Updated rows; the columns present before and after.
    Update(&'a [bool], &'a [bool]),
    /// The same, with JSON values that may be differences.
    PartialUpdate(&'a [bool], &'a [bool]),
    /// Deleted rows; the columns present in them.
    Delete(&'a [bool]),
}

/// The rows of one event, read one by one.
#[derive(Debug)]
pub struct Rows<'a> {
    layout: &'a RowLayout,
    shape: Shape<'a>,
    data: &'a [u8],
}

/// How each row is read: one image, or two.
#[derive(Debug)]
enum Shape<'a> {
    Write(ImagePlan<'a>),
    Delete(ImagePlan<'a>),
    Update {
        before: ImagePlan<'a>,
        after: ImagePlan<'a>,
        partial: bool,
    },
}

impl<'a> Shape<'a> {
    fn new(layout: &'a RowLayout, images: Images<'_>) -> Result<Self, RowsError> {
        let whole = |present: &[bool]| layout.plan(present).and_then(ImagePlan::with_whole_key);
        let update = |before: &[bool], after: &[bool], partial| {
            Ok(Self::Update {
                before: whole(before)?,
                after: layout.plan(after)?,
                partial,
            })
        };
        match images {
            Images::Write(after) => whole(after).map(Self::Write),
            Images::Delete(before) => whole(before).map(Self::Delete),
            Images::Update(before, after) => update(before, after, false),
            Images::PartialUpdate(before, after) => update(before, after, true),
        }
    }
}

impl<'a> Rows<'a> {
    /// The rows in `data`, the part of a rows event behind its bitmaps.
    pub fn new(layout: &'a RowLayout, images: Images<'_>, data: &'a [u8]) -> Result<Self, RowsError> {
        Ok(Self {
            layout,
            shape: Shape::new(layout, images)?,
            data,
        })
    }

    /// The rows of an event as the driver parsed it.
    pub fn of_event(layout: &'a RowLayout, event: &'a RowsEventData<'a>) -> Result<Self, RowsError> {
        let before: Vec<bool> = event
            .columns_before_image()
            .into_iter()
            .flat_map(|bits| bits.iter().by_vals())
            .collect();
        let after: Vec<bool> = event
            .columns_after_image()
            .into_iter()
            .flat_map(|bits| bits.iter().by_vals())
            .collect();
        let images = match event {
            RowsEventData::WriteRowsEventV1(_) | RowsEventData::WriteRowsEvent(_) => Images::Write(&after),
            RowsEventData::UpdateRowsEventV1(_) | RowsEventData::UpdateRowsEvent(_) => {
                Images::Update(&before, &after)
            }
            RowsEventData::DeleteRowsEventV1(_) | RowsEventData::DeleteRowsEvent(_) => {
                Images::Delete(&before)
            }
            RowsEventData::PartialUpdateRowsEvent(_) => Images::PartialUpdate(&before, &after),
        };
        Self::new(layout, images, event.rows_data())
    }

    fn row(&mut self) -> Result<RowChange, RowsError> {
        let (layout, data) = (self.layout, &mut self.data);
        match &self.shape {
            Shape::Write(plan) => Ok(RowChange {
                before: None,
                after: Some(layout.key(&plan.read(data)?)?),
            }),
            Shape::Delete(plan) => Ok(RowChange {
                before: Some(layout.key(&plan.read(data)?)?),
                after: None,
            }),
            Shape::Update {
                before,
                after,
                partial,
            } => {
                let before = before.read(data)?;
                if *partial {
                    layout.skip_value_options(data)?;
                }
                layout.update(&before, after.read(data)?)
            }
        }
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<RowChange, RowsError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.data.is_empty() {
            return None;
        }
        let row = self.row();
        if row.is_err() {
            self.data = &[];
        }
        Some(row)
    }
}
