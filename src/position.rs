//! Places in the binlog.

mod gtids;

use std::fmt;

pub use gtids::Gtids;

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

/// Where a reader begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// The place in the server's own files: the start of a transaction.
    pub at: Position,
    /// The transactions that are not wanted any more; everything else is. `None`: the place alone decides.
    pub behind: Option<Gtids>,
}

impl fmt::Display for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.behind {
            Some(gtids) => write!(f, "{} (behind GTIDs {gtids})", self.at),
            None => self.at.fmt(f),
        }
    }
}
