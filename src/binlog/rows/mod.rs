//! Row images: which keys a rows event touches.
//!
//! Only the key's columns are read; every other column is stepped over by its length, which its type in the table map
//! tells. What makes it right:
//!
//! - An image without the whole key is an error, unless it is the after image of an update, where a missing column is
//!   an unchanged one.
//! - Every byte of the event belongs to a row; too few or too many are an error, never a guess.
//! - The table map must describe the key's columns as the key was built; anything else means that the table changed.
//!
//! The values' meaning is left to [`KeySpec`](crate::key::KeySpec), what to do with the keys to the caller.

mod layout;
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
    /// Bytes of rows without any column.
    #[error("the rows event has {0} bytes more than its rows")]
    Excess(usize),
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
    before: Option<ImagePlan<'a>>,
    after: Option<ImagePlan<'a>>,
    partial: bool,
    data: &'a [u8],
}

impl<'a> Rows<'a> {
    /// The rows in `data`, the part of a rows event behind its bitmaps.
    pub fn new(layout: &'a RowLayout, images: Images<'_>, data: &'a [u8]) -> Result<Self, RowsError> {
        let whole = |present: &[bool]| layout.plan(present).and_then(ImagePlan::with_whole_key);
        let (before, after) = match images {
            Images::Write(after) => (None, Some(whole(after)?)),
            Images::Delete(before) => (Some(whole(before)?), None),
            Images::Update(before, after) | Images::PartialUpdate(before, after) => {
                (Some(whole(before)?), Some(layout.plan(after)?))
            }
        };
        Ok(Self {
            layout,
            before,
            after,
            partial: matches!(images, Images::PartialUpdate(..)),
            data,
        })
    }

    /// The rows of an event as the driver parsed it.
    pub fn of_event(layout: &'a RowLayout, event: &'a RowsEventData<'a>) -> Result<Self, RowsError> {
        let before = event
            .columns_before_image()
            .map_or(Vec::new(), |bits| bits.iter().by_vals().collect());
        let after = event
            .columns_after_image()
            .map_or(Vec::new(), |bits| bits.iter().by_vals().collect());
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
        let length = self.data.len();
        let before = match &self.before {
            Some(plan) => Some(plan.read(&mut self.data)?),
            None => None,
        };
        let change = match (before, &self.after) {
            (None, None) => RowChange {
                before: None,
                after: None,
            },
            (Some(before), None) => RowChange {
                before: Some(self.layout.key(&before)?),
                after: None,
            },
            (None, Some(plan)) => RowChange {
                before: None,
                after: Some(self.layout.key(&plan.read(&mut self.data)?)?),
            },
            (Some(before), Some(plan)) => {
                if self.partial {
                    self.layout.skip_value_options(&mut self.data)?;
                }
                self.layout.update(&before, plan.read(&mut self.data)?)?
            }
        };
        // A row without columns takes no bytes and would go on for ever.
        if self.data.len() == length {
            Err(RowsError::Excess(length))
        } else {
            Ok(change)
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
