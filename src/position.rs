//! Places in the binlog.

use std::fmt;

/// A file and an offset in it. Ordered by the file's number, then the offset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// `binlog.000042`
    pub file: String,
    /// Bytes from the start of the file.
    pub offset: u64,
}

impl Position {
    /// A place in a file.
    pub fn new(file: impl Into<String>, offset: u64) -> Self {
        Self {
            file: file.into(),
            offset,
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.offset)
    }
}
