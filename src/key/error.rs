//! Why a key cannot be built, or a value not be read as one.

/// Why columns cannot be an iteration key, or why a value is not one of theirs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No columns at all.
    #[error("a key without columns")]
    Empty,
    /// The table has no such column.
    #[error("no column `{0}`")]
    NoSuchColumn(String),
    /// Rows with NULL have no name.
    #[error("column `{0}` may be NULL")]
    Nullable(String),
    /// Columns of this type cannot name a row.
    #[error("column `{column}` is {column_type}: {reason}")]
    Unsupported {
        /// The column.
        column: String,
        /// Its whole type.
        column_type: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The encoded key may be longer than a key can be.
    #[error("the key's columns are too long together: {0} bytes")]
    TooLong(usize),
    /// A row has another number of key values.
    #[error("{found} key values where {expected} were expected")]
    WrongCount {
        /// Key columns.
        expected: usize,
        /// Values given.
        found: usize,
    },
    /// A key value is NULL although its column is NOT NULL.
    #[error("key column `{0}` is NULL")]
    Null(String),
    /// A value of the text protocol does not fit the column's type.
    #[error("key column `{column}`: cannot read {value:?} as {column_type}")]
    BadText {
        /// The column.
        column: String,
        /// Its whole type.
        column_type: String,
        /// What the server sent.
        value: String,
    },
    /// A value in a row image does not fit the column's type.
    #[error("key column `{column}`: {length} bytes in the row image do not fit {column_type}")]
    BadImage {
        /// The column.
        column: String,
        /// Its whole type.
        column_type: String,
        /// Bytes found.
        length: usize,
    },
}
